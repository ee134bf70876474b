"""The service of `lenet-web` as Python programs have it: ONNX Runtime behind FastAPI.

    lenet-train convert pretrained lenet.onnx
    cd benches/peers
    LENET_ONNX=../../lenet.onnx uvicorn serve_onnxruntime:app --port 8001 --workers 2 --no-access-log

`POST /v1/predict` takes the same requests for one image, 32 rows of numbers in JSON or 1,024 bytes, and gives the
same answer. Each worker is a process with one thread. Needs fastapi, numpy, onnxruntime, orjson, uvicorn, and for
its full speed uvloop and httptools.
"""

import os

import numpy as np
import onnxruntime
import orjson
from fastapi import FastAPI, HTTPException, Request, Response

SIDE = 32
UNSURE_BELOW = 0.8

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1  # a network this small is slower on two
session = onnxruntime.InferenceSession(os.environ["LENET_ONNX"], options, providers=["CPUExecutionProvider"])
[INPUT] = [each.name for each in session.get_inputs()]
MEAN, STD, TEMPERATURE = (
    float(session.get_modelmeta().custom_metadata_map.get(f"lenet.{name}", otherwise))
    for name, otherwise in (("mean", 0.1307), ("std", 0.3081), ("temperature", 1))
)
app = FastAPI()


# `async`: FastAPI would hand other functions to another thread, which takes longer than the network. The body is
# parsed and the answer is written by orjson: pydantic, FastAPI's default, is slower.
@app.post("/v1/predict")
async def predict(request: Request):
    body = await request.body()
    try:
        if request.headers.get("content-type") == "application/octet-stream":
            pixels = np.frombuffer(body, np.uint8).reshape(1, 1, SIDE, SIDE)
        else:
            pixels = np.asarray(orjson.loads(body)["image"], np.float32).round().reshape(1, 1, SIDE, SIDE)
    except (KeyError, TypeError, ValueError) as error:
        raise HTTPException(400, f"not an image: {error}")
    answer = {"predictions": [answer_for(logits) for logits in logits_of(pixels)]}
    return Response(orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/json")


def logits_of(pixels):
    """Logits [n, 10] for pixels [n, 1, 32, 32] from 0 to 255."""
    images = (pixels.astype(np.float32) / np.float32(255) - np.float32(MEAN)) / np.float32(STD)
    return session.run(None, {INPUT: images})[0]


def answer_for(logits):
    shares = np.exp((logits.astype(np.float64) - logits.max()) / TEMPERATURE)
    shares = (shares / shares.sum()).astype(np.float32)
    digit = int(shares.argmax())
    probability = float(shares[digit])
    name, unsure = str(digit), probability < UNSURE_BELOW
    return {"class": digit, "name": name, "probability": probability, "unsure": unsure, "probabilities": shares}
