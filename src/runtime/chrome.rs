//! Profiles as files that Perfetto and chrome://tracing open.

use super::KernelTime;
use serde_json::json;

/// The kernels of a profile as a Chrome trace: JSON that <https://ui.perfetto.dev> opens. `process` is the name above the kernels, such as
/// that of the device; each kernel has its label, the bytes bound to it, what that is a second, and its workgroups.
///
/// ```
/// use wgflow::runtime::{KernelTime, chrome_trace};
/// let add = KernelTime { label: "add".into(), start_ns: 1500, duration_ns: 2000, bytes: 4096, grid: [4, 1, 1] };
/// let text = chrome_trace("GPU:0", &[add]);
/// assert!(text.contains(r#""name":"add""#) && text.contains(r#""ts":1.5"#) && text.contains(r#""dur":2.0"#));
/// ```
pub fn chrome_trace(process: &str, kernels: &[KernelTime]) -> String {
    let name = json!({"ph": "M", "pid": 0, "tid": 0, "name": "process_name", "args": {"name": process}});
    let event = |k: &KernelTime| {
        let rate = k.bytes as f64 / k.duration_ns.max(1) as f64;
        json!({
            "ph": "X", "pid": 0, "tid": 0, "cat": "kernel", "name": k.label,
            "ts": k.start_ns as f64 / 1e3, "dur": k.duration_ns as f64 / 1e3,
            "args": {"bytes": k.bytes, "GB/s": rate, "workgroups": k.grid},
        })
    };
    let events: Vec<_> = std::iter::once(name).chain(kernels.iter().map(event)).collect();
    json!({"displayTimeUnit": "ns", "traceEvents": events}).to_string()
}
