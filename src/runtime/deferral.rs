//! Work that was asked for and not yet recorded: whoever holds some registers here, so that a wait for a device covers it too.

use super::device::Device;
use crate::error::Result;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, OnceLock};

/// Whether ops run when they are called: the environment variable `WGFLOW_EAGER=immediate` says so at first.
static SYNCHRONOUS: LazyLock<AtomicBool> =
    LazyLock::new(|| AtomicBool::new(std::env::var("WGFLOW_EAGER").is_ok_and(|v| v == "immediate")));

/// Records what waits for a device.
type HandOver = fn(&Device) -> Result<()>;

static HAND_OVER: OnceLock<HandOver> = OnceLock::new();

/// Whether each op is handed to its device when it is called, rather than with those that follow it.
pub(crate) fn is_synchronous() -> bool {
    SYNCHRONOUS.load(Ordering::Relaxed)
}

/// Sets [`is_synchronous`].
pub(crate) fn set_synchronous(enable: bool) {
    SYNCHRONOUS.store(enable, Ordering::Relaxed);
}

/// Says who holds work back. The first one stays.
pub(crate) fn on_hand_over(f: HandOver) {
    let _ = HAND_OVER.set(f);
}

/// Records what waits for `device`.
pub(super) fn hand_over(device: &Device) -> Result<()> {
    HAND_OVER.get().map_or(Ok(()), |f| f(device))
}
