"""
Writes what other libraries make of some signals: scipy's resample_poly, librosa's mel spectrograms,
libsndfile's reading of WAV files. The tests beside this folder compare with it.

Needs: librosa==0.11.0 numpy==2.4.6 scipy==1.17.1 soundfile==0.14.0
"""

import base64
import io
import json
import struct
from pathlib import Path

import librosa
import numpy as np
import soundfile
from scipy.signal import resample_poly

FOLDER = Path(__file__).resolve().parent


def write(name, cases):
    """One case a line; numbers to nine digits."""
    with (FOLDER / f"{name}.jsonl").open("w") as file:
        for case in cases:
            file.write(json.dumps(case, default=to_list) + "\n")


def to_list(array):
    return [float(f"{value:.9g}") for value in np.ravel(array).tolist()]


def noise_and_tones(length, seed):
    random = np.random.default_rng(seed)
    time = np.arange(length)
    tones = 0.5 * np.sin(0.11 * time) + 0.2 * np.sin(0.9 * time + 0.5)
    return (tones + 0.1 * random.standard_normal(length)).astype(np.float32)


def resampled():
    rates = [(8000, 16000), (16000, 8000), (44100, 16000), (48000, 44100), (22050, 16000), (3, 7)]
    for seed, (rate, to) in enumerate(rates):
        for length in (1, 37, 150):
            samples = noise_and_tones(length, seed)
            divisor = np.gcd(rate, to)
            result = resample_poly(samples.astype(np.float64), to // divisor, rate // divisor)
            yield {"from": rate, "to": to, "samples": samples, "result": result}


SPECTROGRAMS = [
    {"rate": 16000, "size": 512, "hop": 160, "mels": 40},
    {"rate": 16000, "size": 512, "hop": 160, "window": 400, "mels": 20, "log": "db-max"},
    {"rate": 22050, "size": 256, "hop": 128, "mels": 24, "pad": "reflect", "log": "ln"},
    {"rate": 8000, "size": 256, "hop": 80, "mels": 16, "scale": "htk", "norm": "none", "log": "ln"},
    {"rate": 8000, "size": 200, "hop": 80, "mels": 16, "pad": "none", "log": "log10"},
    {"rate": 16000, "size": 400, "hop": 160, "mels": 80, "pad": "reflect", "log": "whisper"},
    {"rate": 16000, "size": 300, "hop": 100, "mels": 12, "lowest": 80, "highest": 7600, "log": "none"},
    {"rate": 16000, "size": 301, "hop": 77, "window": 250, "mels": 10, "floor": 1e-5, "range": 30},
]


def spectrograms():
    samples = noise_and_tones(1200, 100)
    # A quiet stretch, so that floors and ranges matter.
    samples[500:1000] *= np.float32(1e-6)
    yield {"samples": samples}
    for options in SPECTROGRAMS:
        yield {"options": options, "result": spectrogram(samples, **options)}


def spectrogram(
    samples,
    rate,
    size,
    hop,
    mels,
    window=None,
    pad="zero",
    scale="slaney",
    norm="slaney",
    lowest=0,
    highest=None,
    log="db",
    floor=1e-10,
    range=80,
):
    power = librosa.feature.melspectrogram(
        y=samples.astype(np.float64),
        sr=rate,
        n_fft=size,
        hop_length=hop,
        win_length=window,
        center=pad != "none",
        pad_mode={"zero": "constant", "reflect": "reflect", "none": "constant"}[pad],
        n_mels=mels,
        fmin=lowest,
        fmax=highest,
        htk=scale == "htk",
        norm=None if norm == "none" else norm,
    )
    if log in ("db", "db-max"):
        reference = 1.0 if log == "db" else np.max
        return librosa.power_to_db(power, ref=reference, amin=floor, top_db=range)
    if log == "ln":
        return np.log(np.maximum(floor, power))
    if log == "log10":
        return np.log10(np.maximum(floor, power))
    if log == "whisper":
        logarithm = np.log10(np.maximum(floor, power[:, :-1]))
        return (np.maximum(logarithm, logarithm.max() - 8) + 4) / 4
    return power


def recordings():
    subtypes = ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ALAW", "ULAW"]
    for index, subtype in enumerate(subtypes):
        for container in ("WAV", "WAVEX"):
            for channels in (1, 2, 3):
                samples = np.stack(
                    [noise_and_tones(23, 7 * index + channel) for channel in range(channels)], axis=1
                )
                file = io.BytesIO()
                rate = 8000 + 1000 * index
                soundfile.write(file, samples, rate, format=container, subtype=subtype)
                yield reading(f"{container} {subtype} {channels}", file.getvalue())
    for name, tag in {"A-law": 6, "mu-law": 7}.items():
        codes = bytes(range(256))
        form = struct.pack("<HHIIHHH", tag, 1, 8000, 8000, 1, 8, 0)
        chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", 256)
        file = b"RIFF" + struct.pack("<I", 4 + len(chunks) + 256) + b"WAVE" + chunks + codes
        yield reading(f"every code of {name}", file)


def reading(name, file):
    samples, rate = soundfile.read(io.BytesIO(file), dtype="float64", always_2d=True)
    return {
        "name": name,
        "file": base64.b64encode(file).decode(),
        "rate": rate,
        "samples": samples.mean(axis=1),
    }


write("resample", resampled())
write("log-mel", spectrograms())
write("wav", recordings())
