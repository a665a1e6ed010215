//! The device under test.

/// The device that `WGFLOW_TEST_DEVICE` names, `cpu` if unset.
///
/// # Panics
/// For a device that is not there: a test without its device fails, it does not skip.
pub fn device_under_test() -> String {
    let name = std::env::var("WGFLOW_TEST_DEVICE").unwrap_or_else(|_| "cpu".into());
    assert_eq!(name, "cpu", "WGFLOW_TEST_DEVICE names a device that is not available");
    name
}
