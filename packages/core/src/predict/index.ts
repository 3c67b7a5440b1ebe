/**
 * The plain route for people, `POST /predict/{model}`: natural JSON to a request, and a response to
 * natural JSON of the same form.
 *
 * A bundle that says what its inputs are in the user's terms is called through `../records` instead.
 */
export { decodePredict, type DecodedPredict, type PredictForm } from "./request.ts";
export { encodePredict, openAnswer, type PredictAnswer } from "./response.ts";
