/**
 * The plain route for people, `POST /predict/{model}`: natural JSON to a request, and a response to
 * natural JSON of the same form.
 *
 * Pre- and post-processing belong on either side of these two: what a bundle's pipeline takes
 * instead of tensors is read where `decodePredict` reads an input's elements (`readInputs`), and
 * what it makes of the outputs is written where `encodePredict` writes an output's values.
 */
export { decodePredict, type DecodedPredict, type PredictForm } from "./request.ts";
export { encodePredict, type PredictAnswer } from "./response.ts";
