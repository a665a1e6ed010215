//! Values read at once: a page cannot wait for a buffer to be mapped, but a canvas that WebGPU drew can be read at once.

use crate::errors::from_js;
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use wgflow::runtime::set_page_read;
use wgflow::{Error, ErrorKind, Result};

#[wasm_bindgen(module = "/src/page.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = readThroughCanvas)]
    fn read_through_canvas(
        device: &JsValue,
        buffer: &JsValue,
        size: f64,
    ) -> std::result::Result<Uint8Array, JsValue>;
    #[wasm_bindgen(js_name = hasCanvas)]
    fn has_canvas() -> bool;
    #[wasm_bindgen(js_name = hasWebGpu)]
    fn has_webgpu() -> bool;
}

/// Lets tensors be read at once where there are canvases.
pub(crate) fn install() {
    if has_canvas() {
        set_page_read(read);
    }
}

/// Whether the browser or program has WebGPU at all. Without it wgpu must not be asked.
pub(crate) fn can_have_gpu() -> bool {
    has_webgpu()
}

fn read(device: &wgpu::Device, buffer: &wgpu::Buffer, size: u64) -> Result<Vec<u8>> {
    let (Some(device), Some(buffer)) = (device.as_webgpu(), buffer.as_webgpu()) else {
        return Err(Error::new(ErrorKind::Internal, "dataSync", "the device is none of WebGPU"));
    };
    let bytes = read_through_canvas(device.as_ref(), buffer.as_ref(), size as f64);
    Ok(bytes.map_err(|e| from_js("dataSync", &e))?.to_vec())
}
