//! The device that a page or program computes on.

use crate::errors::Out;
use crate::{handles, page_read, panics, strings};
use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::*;
use wgflow::runtime::{Context, DeviceType};
use wgflow::{Error, ErrorKind, config};

/// Looks for an adapter and opens it: `{device}` is `auto` (WebGPU where there is an adapter, else the CPU device), `gpu` or `cpu`. Can be
/// called again, to change the device or after one was lost.
#[wasm_bindgen]
pub async fn init(options: JsValue) -> Out<()> {
    let wanted = Reflect::get(&options, &"device".into()).ok().and_then(|d| d.as_string());
    let wanted = wanted.unwrap_or_else(|| "auto".into());
    panics::install();
    page_read::install();
    strings::install();
    let context = Context::global();
    if wanted != "cpu" && page_read::can_have_gpu() {
        context.discover().await;
    }
    let found = wanted != "cpu" && page_read::can_have_gpu() && !context.gpus().is_empty();
    if wanted == "gpu" && !found {
        return Err(no_gpu().into());
    }
    context.set_default_device(if wanted == "auto" && found {
        "gpu"
    } else if wanted == "auto" {
        "cpu"
    } else {
        &wanted
    })?;
    let device = context.current_device()?;
    device.open().await?;
    Ok(())
}

fn no_gpu() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "ready",
        "no WebGPU adapter: this browser has no WebGPU, or it is switched off; use a browser that has it, or the backend 'cpu'",
    )
}

fn set(object: &Object, name: &str, value: impl Into<JsValue>) {
    // A plain object takes any property.
    let _ = Reflect::set(object, &name.into(), &value.into());
}

/// What it is: `{name, kind, backend, f16, timestamps, maxBufferSize}`.
#[wasm_bindgen(js_name = deviceInfo)]
pub fn device_info() -> Out<Object> {
    let device = config::current_device()?;
    let info = Object::new();
    match device.caps() {
        Some(caps) => {
            set(&info, "name", &caps.name);
            set(&info, "kind", "gpu");
            set(&info, "backend", caps.backend);
            set(&info, "f16", caps.f16);
            set(&info, "timestamps", caps.timestamps);
            set(&info, "maxBufferSize", caps.limits.max_buffer_size as f64);
            set(&info, "adapter", format!("{caps:?}"));
        }
        None => {
            set(&info, "name", "CPU");
            set(&info, "kind", "cpu");
            set(&info, "backend", "cpu");
        }
    }
    Ok(info)
}

/// What is in use: `{handles, bytes, pooledBytes, buffers, dispatches, submits, pipelines}`.
#[wasm_bindgen(js_name = memoryInfo)]
pub fn memory_info() -> Out<Object> {
    let device = config::current_device()?;
    let (info, stats) = (device.memory_info(), device.stats());
    let out = Object::new();
    set(&out, "handles", handles::count() as f64);
    set(&out, "bytes", info.current as f64);
    set(&out, "peakBytes", info.peak as f64);
    set(&out, "pooledBytes", info.idle as f64);
    set(&out, "dispatches", stats.dispatches as f64);
    set(&out, "submits", stats.submits as f64);
    set(&out, "pipelines", stats.pipelines_created as f64);
    set(&out, "buffers", info.created as f64);
    Ok(out)
}

/// Hands what is recorded to the device.
#[wasm_bindgen]
pub fn flush() -> Out<()> {
    Ok(config::current_device()?.flush()?)
}

/// Whether there is an adapter; after `init` only.
#[wasm_bindgen(js_name = hasGpu)]
pub fn has_gpu() -> bool {
    !config::list_physical_devices(DeviceType::Gpu).is_empty()
}

/// Opens the device anew after a loss.
#[wasm_bindgen]
pub async fn recover() -> Out<()> {
    config::current_device()?.open().await?;
    Ok(())
}
