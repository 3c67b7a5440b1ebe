"""A model behind MLServer: a custom runtime for its Open Inference Protocol endpoint."""

import onnxruntime as ort
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse


class OnnxModel(MLModel):
    async def load(self) -> bool:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = ort.InferenceSession(
            self.settings.parameters.uri, options, providers=["CPUExecutionProvider"]
        )
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        inputs = NumpyCodec.decode_input(payload.inputs[0])
        (outputs,) = self.session.run(None, {"input": inputs})
        return InferenceResponse(
            model_name=self.name, outputs=[NumpyCodec.encode_output("output", outputs)]
        )
