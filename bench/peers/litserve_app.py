"""A model behind LitServe: its LitAPI hooks, with batching or without (MAX_BATCH_SIZE=1)."""

import os

import litserve as ls
import numpy as np
import onnxruntime as ort


class Model(ls.LitAPI):
    def setup(self, device):
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = ort.InferenceSession(
            os.environ["MODEL"], options, providers=["CPUExecutionProvider"]
        )

    def decode_request(self, request):
        return np.array(request["inputs"], dtype=np.float32)

    def batch(self, inputs):
        return np.concatenate(inputs)

    def predict(self, inputs):
        (outputs,) = self.session.run(None, {"input": inputs})
        return outputs

    def unbatch(self, outputs):
        return [row[np.newaxis] for row in outputs]

    def encode_response(self, outputs):
        return {"outputs": outputs.tolist()}


if __name__ == "__main__":
    batching = int(os.environ["MAX_BATCH_SIZE"])
    api = Model(max_batch_size=batching, batch_timeout=0.002 if batching > 1 else 0.0)
    server = ls.LitServer(
        api, accelerator="cpu", fast_queue=True
    )
    server.run(
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        num_api_servers=2,
        generate_client_file=False,
        log_level="warning",
    )
