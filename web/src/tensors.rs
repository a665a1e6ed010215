//! Tensors: from JavaScript's memory and back.

use crate::errors::{Out, Thrown};
use crate::handles::{self, Object};
use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;
use wgflow::hlo::Spec;
use wgflow::{DType, Shape, Tensor};

/// A tensor of row-major, little-endian elements: 4 bytes of a float32, int32 and of 64-bit numbers, which are kept in 32 bits, 2 of a
/// half float, 1 of a bool.
#[wasm_bindgen(js_name = tensorNew)]
pub fn tensor_new(bytes: Vec<u8>, shape: &[u32], dtype: &str) -> Out<u32> {
    let dtype: DType = dtype.parse()?;
    let shape: Shape = shape.iter().map(|d| *d as usize).collect();
    Ok(handles::keep(Object::Tensor(Tensor::from_bytes(Spec::new(dtype, shape), bytes)?))?)
}

/// A second handle of the same value, which tapes tell from the first.
#[wasm_bindgen(js_name = tensorClone)]
pub fn tensor_clone(h: u32) -> Out<u32> {
    Ok(handles::keep(Object::Tensor(handles::tensor(h)?))?)
}

/// Forgets a handle of any kind.
#[wasm_bindgen(js_name = tensorFree)]
pub fn tensor_free(h: u32) {
    handles::forget(h);
}

/// The shape.
#[wasm_bindgen(js_name = tensorShape)]
pub fn tensor_shape(h: u32) -> Out<Vec<u32>> {
    Ok(handles::tensor(h)?.shape().iter().map(|d| *d as u32).collect())
}

/// The dtype, TensorFlow's name.
#[wasm_bindgen(js_name = tensorDtype)]
pub fn tensor_dtype(h: u32) -> Out<String> {
    Ok(handles::tensor(h)?.dtype().name().into())
}

/// Whether it stands for a value of a function that is being traced.
#[wasm_bindgen(js_name = tensorIsSymbolic)]
pub fn tensor_is_symbolic(h: u32) -> Out<bool> {
    Ok(handles::tensor(h)?.is_symbolic())
}

/// A promise of the elements, as `tensorNew` takes them.
#[wasm_bindgen(js_name = tensorData)]
pub fn tensor_data(h: u32) -> Out<Promise> {
    let read = handles::tensor(h)?.storage()?;
    Ok(future_to_promise(async move {
        let bytes = read.await.map_err(Thrown::from)?;
        Ok(Uint8Array::from(&bytes[..]).into())
    }))
}

/// The elements at once; throws where the value is on the GPU and nothing can be read at once.
#[wasm_bindgen(js_name = tensorDataSync)]
pub fn tensor_data_sync(h: u32) -> Out<Vec<u8>> {
    Ok(handles::tensor(h)?.to_storage()?)
}
