"""What an NVIDIA card could give: its f32 peak by the driver's numbers, and cuBLAS' products of 4096 x 4096 matrices where cuBLAS is.

Prints one JSON object a line: {"work", "unit", "value"}, or {"missing"} with what is not there. Needs nothing but ctypes.
"""

import ctypes
import ctypes.util
import glob
import json
import os
import site
import sys

# f32 units of a multiprocessor by compute capability.
CORES = {(7, 0): 64, (7, 5): 64, (8, 0): 64, (8, 6): 128, (8, 7): 128, (8, 9): 128, (9, 0): 128, (10, 0): 128, (12, 0): 128}
MULTIPROCESSORS, CLOCK_KHZ, MAJOR, MINOR = 16, 13, 75, 76
N = 4096


def say(**fields):
    print(json.dumps(fields), flush=True)


def library(*names):
    """The first of the libraries that loads: the system's, or those of PyPI's nvidia packages."""
    folders = [""] + [f + "/" for p in site.getsitepackages() for f in glob.glob(os.path.join(p, "nvidia", "*", "lib"))]
    for name in names:
        for folder in folders:
            try:
                return ctypes.CDLL(folder + name)
            except OSError:
                continue
    return None


def check(status, what):
    if status != 0:
        raise RuntimeError(f"{what} failed with {status}")


def peak(cuda):
    def attribute(which):
        value = ctypes.c_int()
        check(cuda.cuDeviceGetAttribute(ctypes.byref(value), which, device), "cuDeviceGetAttribute")
        return value.value

    check(cuda.cuInit(0), "cuInit")
    device = ctypes.c_int()
    check(cuda.cuDeviceGet(ctypes.byref(device), 0), "cuDeviceGet")
    cores = CORES.get((attribute(MAJOR), attribute(MINOR)))
    if cores is None:
        say(missing=f"the number of f32 units of compute capability {attribute(MAJOR)}.{attribute(MINOR)} is not known here")
        return
    say(work="f32 peak of the card", unit="GFLOP/s", value=2e-6 * attribute(MULTIPROCESSORS) * cores * attribute(CLOCK_KHZ))


def products(runtime, blas):
    handle = ctypes.c_void_p()
    check(blas.cublasCreate_v2(ctypes.byref(handle)), "cublasCreate")
    # CUBLAS_DEFAULT_MATH: no TF32 in f32 products, tensor cores in f16 ones.
    check(blas.cublasSetMathMode(handle, 0), "cublasSetMathMode")
    memory = [ctypes.c_void_p() for _ in range(3)]
    for m in memory:
        check(runtime.cudaMalloc(ctypes.byref(m), ctypes.c_size_t(4 * N * N)), "cudaMalloc")
        # Bytes that are ordinary numbers as f32 and as f16: zeros would cost less power.
        check(runtime.cudaMemset(m, 0x3C, ctypes.c_size_t(4 * N * N)), "cudaMemset")
    a, b, c = memory
    one, zero = ctypes.c_float(1), ctypes.c_float(0)
    f32, f16, compute_f32, default = 0, 2, 68, -1

    def product(kind):
        return blas.cublasGemmEx(
            handle, 0, 0, N, N, N, ctypes.byref(one), a, kind, N, b, kind, N, ctypes.byref(zero), c, kind, N, compute_f32, default)

    events = [ctypes.c_void_p() for _ in range(2)]
    for e in events:
        check(runtime.cudaEventCreate(ctypes.byref(e)), "cudaEventCreate")
    for name, kind in [("f32", f32), ("f16", f16)]:
        best = float("inf")
        for _ in range(5):
            check(product(kind), "cublasGemmEx")
            check(runtime.cudaEventRecord(events[0], None), "cudaEventRecord")
            for _ in range(10):
                check(product(kind), "cublasGemmEx")
            check(runtime.cudaEventRecord(events[1], None), "cudaEventRecord")
            check(runtime.cudaEventSynchronize(events[1]), "cudaEventSynchronize")
            ms = ctypes.c_float()
            check(runtime.cudaEventElapsedTime(ctypes.byref(ms), *events), "cudaEventElapsedTime")
            best = min(best, ms.value / 10)
        say(work=f"cuBLAS matmul {name} {N}", unit="GFLOP/s", value=2 * N**3 / best / 1e6)


def main():
    cuda = library("libcuda.so.1", "nvcuda.dll")
    if cuda is None:
        say(missing="no NVIDIA driver (libcuda.so.1): no peak and no cuBLAS figures")
        return
    peak(cuda)
    runtime = library("libcudart.so.13", "libcudart.so.12", "libcudart.so")
    blas = library("libcublas.so.13", "libcublas.so.12", "libcublas.so")
    if runtime is None or blas is None:
        say(missing="no cuBLAS (libcublas and libcudart, such as PyPI's nvidia-cublas and nvidia-cuda-runtime): only the card's peak is told")
        return
    products(runtime, blas)


try:
    main()
except RuntimeError as e:
    sys.exit(str(e))
