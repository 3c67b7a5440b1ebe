"""A model behind FastAPI, as people write it by hand: JSON in, a pydantic model, one session."""

import os

import numpy as np
import onnxruntime as ort
from fastapi import FastAPI
from pydantic import BaseModel

options = ort.SessionOptions()
options.intra_op_num_threads = 1
session = ort.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])
app = FastAPI()


class Request(BaseModel):
    inputs: list[list[float]]


class Response(BaseModel):
    outputs: list[list[float]]


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/predict")
def predict(request: Request) -> Response:
    inputs = np.array(request.inputs, dtype=np.float32)
    (outputs,) = session.run(None, {"input": inputs})
    return Response(outputs=outputs.tolist())
