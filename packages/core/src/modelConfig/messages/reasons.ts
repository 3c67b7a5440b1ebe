/** Why fields that concern other devices change nothing. */
export const NO_GPU = "models run on the CPU";
