//! Devices and their configuration (`tf.config`, `tf.device`), for the process as a whole.
//!
//! ```
//! use wgflow::config;
//! use wgflow::runtime::DeviceType;
//!
//! let cpus = config::list_physical_devices(DeviceType::Cpu);
//! assert_eq!(format!("{cpus:?}"), "[PhysicalDevice(name='/physical_device:CPU:0', device_type='CPU')]");
//! let name = config::with_device("/CPU:0", || config::current_device().map(|d| d.name()))??;
//! assert_eq!(name, "/device:CPU:0");
//! # Ok::<(), wgflow::Error>(())
//! ```

use crate::error::Result;
use crate::runtime::{Caps, Context, Device, MemoryInfo};
pub use crate::runtime::{DeviceType, LogicalDeviceConfiguration, PhysicalDevice};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex};

static DUMP: LazyLock<Mutex<Option<PathBuf>>> =
    LazyLock::new(|| Mutex::new(std::env::var_os("WGFLOW_DUMP").map(PathBuf::from)));

/// Sets the folder in which each compiled function or op leaves a folder of its own: its graph before and after every pass, its plan, and
/// its kernels' texts. `None` ends it. At first it is what the environment variable `WGFLOW_DUMP` says.
pub fn set_dump_folder(folder: Option<PathBuf>) {
    *crate::lock(&DUMP) = folder;
}

/// The folder of [`set_dump_folder`].
pub fn get_dump_folder() -> Option<PathBuf> {
    crate::lock(&DUMP).clone()
}

/// The devices of the machine (`tf.config.list_physical_devices`), of one type or, with `None`, of both.
pub fn list_physical_devices(device_type: impl Into<Option<DeviceType>>) -> Vec<PhysicalDevice> {
    Context::global().list_physical_devices(device_type)
}

/// The devices that tensors can be on (`tf.config.list_logical_devices`). Makes them; the configuration stands from then on.
pub fn list_logical_devices(device_type: impl Into<Option<DeviceType>>) -> Vec<Device> {
    Context::global().list_logical_devices(device_type)
}

/// The devices that will be used (`tf.config.get_visible_devices`).
pub fn get_visible_devices(device_type: impl Into<Option<DeviceType>>) -> Vec<PhysicalDevice> {
    Context::global().get_visible_devices(device_type)
}

/// Sets which devices are used (`tf.config.set_visible_devices`).
///
/// # Errors
/// As [`Context::set_visible_devices`].
pub fn set_visible_devices(
    devices: &[PhysicalDevice],
    device_type: impl Into<Option<DeviceType>>,
) -> Result<()> {
    Context::global().set_visible_devices(devices, device_type)
}

/// How a device is split (`tf.config.get_logical_device_configuration`).
///
/// # Errors
/// As [`Context::get_logical_device_configuration`].
pub fn get_logical_device_configuration(
    device: PhysicalDevice,
) -> Result<Option<Vec<LogicalDeviceConfiguration>>> {
    Context::global().get_logical_device_configuration(device)
}

/// Splits a device into several logical ones (`tf.config.set_logical_device_configuration`).
///
/// # Errors
/// As [`Context::set_logical_device_configuration`].
pub fn set_logical_device_configuration(
    device: PhysicalDevice,
    logical_devices: &[LogicalDeviceConfiguration],
) -> Result<()> {
    Context::global().set_logical_device_configuration(device, logical_devices)
}

/// Whether idle memory goes back to the driver (`tf.config.experimental.get_memory_growth`).
///
/// # Errors
/// As [`Context::get_memory_growth`].
pub fn get_memory_growth(device: PhysicalDevice) -> Result<Option<bool>> {
    Context::global().get_memory_growth(device)
}

/// Sets whether idle memory goes back to the driver (`tf.config.experimental.set_memory_growth`).
///
/// # Errors
/// As [`Context::set_memory_growth`].
pub fn set_memory_growth(device: PhysicalDevice, enable: bool) -> Result<()> {
    Context::global().set_memory_growth(device, enable)
}

/// What a device is and can do (`tf.config.experimental.get_device_details`); `None` for the CPU.
///
/// # Errors
/// As [`Context::get_device_details`].
pub fn get_device_details(device: PhysicalDevice) -> Result<Option<Arc<Caps>>> {
    Context::global().get_device_details(device)
}

/// Memory in use on a logical device, named like `GPU:0` (`tf.config.experimental.get_memory_info`).
///
/// # Errors
/// As [`Context::get_memory_info`].
pub fn get_memory_info(device: &str) -> Result<MemoryInfo> {
    Context::global().get_memory_info(device)
}

/// Sets the peak of a logical device to what is in use now (`tf.config.experimental.reset_memory_stats`).
///
/// # Errors
/// As [`Context::get_memory_info`].
pub fn reset_memory_stats(device: &str) -> Result<()> {
    Context::global().reset_memory_stats(device)
}

/// Whether a device that does not exist is replaced by the CPU (`tf.config.get_soft_device_placement`).
pub fn get_soft_device_placement() -> bool {
    Context::global().get_soft_device_placement()
}

/// Sets whether a device that does not exist is replaced by the CPU (`tf.config.set_soft_device_placement`).
pub fn set_soft_device_placement(enabled: bool) {
    Context::global().set_soft_device_placement(enabled);
}

/// Whether the device of each op is logged (`tf.debugging.get_log_device_placement`).
pub fn get_log_device_placement() -> bool {
    Context::global().get_log_device_placement()
}

/// Sets whether the device of each op is logged (`tf.debugging.set_log_device_placement`).
pub fn set_log_device_placement(enabled: bool) {
    Context::global().set_log_device_placement(enabled);
}

/// Whether each op runs when it is called (`tf.config.experimental.get_synchronous_execution`).
pub fn get_synchronous_execution() -> bool {
    crate::runtime::is_synchronous()
}

/// Sets whether each op runs when it is called (`tf.config.experimental.set_synchronous_execution`). By default ops wait until a value is
/// needed, so that those that follow one another run together. The environment variable `WGFLOW_EAGER=immediate` sets it too.
///
/// Shapes, dtypes and errors in them are settled at the call either way.
pub fn set_synchronous_execution(enable: bool) {
    crate::runtime::set_synchronous(enable);
}

/// Sets the device for tensors made outside of any scope: `auto`, `cpu`, `gpu`, a device name, or a part of an adapter's
/// name. It overrides the environment variable `WGFLOW_DEVICE`.
///
/// # Errors
/// As [`Context::set_default_device`].
pub fn set_default_device(spec: &str) -> Result<()> {
    Context::global().set_default_device(spec)
}

/// The device that new tensors are made on.
///
/// # Errors
/// As [`Context::current_device`].
pub fn current_device() -> Result<Device> {
    Context::global().current_device()
}

/// Runs `f` with `name` as the current device (`tf.device`).
///
/// # Errors
/// As [`Context::with_device`].
pub fn with_device<R>(name: &str, f: impl FnOnce() -> R) -> Result<R> {
    Context::global().with_device(name, f)
}

/// How many threads are used (`tf.config.threading`).
pub mod threading {
    use crate::error::Result;
    use crate::runtime::threads;

    /// The number of threads that one operation of the CPU device may use
    /// (`tf.config.threading.get_intra_op_parallelism_threads`); 0 means that the system decides.
    pub fn get_intra_op_parallelism_threads() -> usize {
        threads::wanted()
    }

    /// Sets the number of threads that one operation of the CPU device may use
    /// (`tf.config.threading.set_intra_op_parallelism_threads`); 0 leaves it to the system. The process has one set of threads, which
    /// programs that run at the same time share. Results do not depend on their number.
    ///
    /// # Errors
    /// `FailedPrecondition` once they are running.
    ///
    /// ```
    /// use wgflow::config::threading;
    /// threading::set_intra_op_parallelism_threads(2)?;
    /// assert_eq!(threading::get_intra_op_parallelism_threads(), 2);
    /// # Ok::<(), wgflow::Error>(())
    /// ```
    pub fn set_intra_op_parallelism_threads(num_threads: usize) -> Result<()> {
        threads::set_wanted(num_threads)
    }
}
