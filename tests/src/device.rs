//! The device that a test run is for.
//!
//! `WGFLOW_TEST_DEVICE` names it: `cpu`, `gpu` (any adapter), `lavapipe`, `swiftshader`, or a part of an adapter's name.
//! Drivers are chosen outside, by `VK_ICD_FILENAMES`. A run whose adapter is missing fails.

use wgflow::runtime::{Context, Device, Gpu};

/// What `WGFLOW_TEST_DEVICE` says, as `--device` takes it; without it `gpu`.
pub fn wanted() -> String {
    let name = std::env::var("WGFLOW_TEST_DEVICE").unwrap_or_else(|_| "gpu".into());
    match name.as_str() {
        "lavapipe" => "llvmpipe".into(),
        _ => name,
    }
}

/// A context of its own, and the adapter under test in it; nothing in a run for the CPU.
///
/// # Panics
/// Where the adapter is missing.
pub fn adapter() -> Option<(Context, Device, std::sync::Arc<Gpu>)> {
    let context = Context::new();
    let device = adapter_of(&context)?;
    let gpu = device.gpu().unwrap_or_else(|e| panic!("{e}"));
    Some((context, device, gpu))
}

/// The adapter under test in `context`; nothing in a run for the CPU.
///
/// # Panics
/// Where the adapter is missing.
pub fn adapter_of(context: &Context) -> Option<Device> {
    let wanted = wanted();
    if wanted == "cpu" {
        return None;
    }
    context.set_default_device(&wanted).unwrap_or_else(|e| panic!("{e}"));
    Some(context.default_device().unwrap_or_else(|e| panic!("{e}")))
}

/// The name of the device under test, which becomes the device that new tensors of the process are made on.
///
/// # Panics
/// Where it is missing: a test without its device fails, it does not skip.
pub fn device_under_test() -> String {
    static SET: std::sync::Once = std::sync::Once::new();
    SET.call_once(|| wgflow::config::set_default_device(&wanted()).unwrap_or_else(|e| panic!("{e}")));
    wgflow::config::current_device().unwrap_or_else(|e| panic!("{e}")).name()
}

/// Held by a test while it profiles a device of the process: a device has one profile at a time, and the tests of a process share devices.
pub fn profiling() -> std::sync::MutexGuard<'static, ()> {
    static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Runs an ignored test of the same program in a process of its own: for what is the process's, such as its seed or its caches.
///
/// # Panics
/// Where it does not pass.
pub fn alone(test: &str) {
    alone_said(test, &[]);
}

/// As [`alone`], with environment variables; returns what the process printed.
///
/// # Panics
/// Where it does not pass.
pub fn alone_said(test: &str, env: &[(&str, &str)]) -> String {
    let binary = std::env::current_exe().expect("the test binary");
    let arguments = ["--exact", "--ignored", "--nocapture", test];
    let done = std::process::Command::new(binary)
        .args(arguments)
        .envs(env.iter().copied())
        .output()
        .expect("a process");
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let failed = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && said.contains("1 passed"), "{said}{failed}");
    said
}
