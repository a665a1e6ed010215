//! What the user configured, and TensorFlow's rules for when it may change.

use super::caps::Caps;
use super::context::{Context, PhysicalDevice};
use super::device::Device;
use super::memory::MemoryInfo;
use super::spec::{DeviceSpec, DeviceType};
use crate::error::{Error, ErrorKind, Result};
use crate::lock;
use std::collections::HashMap;
use std::sync::Arc;

/// A share of a physical device (`tf.config.LogicalDeviceConfiguration`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LogicalDeviceConfiguration {
    /// The most memory that the device may use, in MB (2^20 bytes). GPUs need one, CPUs have none.
    pub memory_limit: Option<u64>,
}

#[derive(Debug)]
pub(super) struct Settings {
    visible_gpus: Option<Vec<PhysicalDevice>>,
    shares: HashMap<PhysicalDevice, Vec<LogicalDeviceConfiguration>>,
    growth: HashMap<PhysicalDevice, bool>,
    pub(super) checked_shaders: bool,
    pub(super) default_spec: Option<String>,
    /// The device that `default_spec` turned out to be.
    pub(super) default: Option<Device>,
    pub(super) soft_placement: bool,
    pub(super) log_placement: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            visible_gpus: None,
            shares: HashMap::new(),
            growth: HashMap::new(),
            checked_shaders: std::env::var("WGFLOW_CHECKED_SHADERS").is_ok_and(|v| v == "1"),
            default_spec: std::env::var("WGFLOW_DEVICE").ok(),
            default: None,
            soft_placement: true,
            log_placement: false,
        }
    }
}

impl Settings {
    /// Number of logical CPUs.
    pub(super) fn cpus(&self) -> u32 {
        self.shares.get(&CPU).map_or(1, |s| s.len().max(1) as u32)
    }

    pub(super) fn is_visible(&self, gpu: PhysicalDevice) -> bool {
        self.visible_gpus.as_ref().is_none_or(|v| v.contains(&gpu))
    }

    pub(super) fn growth(&self, gpu: PhysicalDevice) -> Option<bool> {
        self.growth.get(&gpu).copied()
    }

    /// The memory limits of the logical devices on `gpu`, in bytes.
    pub(super) fn limits(&self, gpu: PhysicalDevice) -> Vec<Option<u64>> {
        match self.shares.get(&gpu) {
            Some(shares) if !shares.is_empty() => {
                shares.iter().map(|s| s.memory_limit.map(|mb| mb.saturating_mul(1 << 20))).collect()
            }
            _ => vec![None],
        }
    }
}

const CPU: PhysicalDevice = PhysicalDevice { device_type: DeviceType::Cpu, index: 0 };

/// The configuration, with TensorFlow's names and rules (`tf.config`).
impl Context {
    /// The devices of the machine (`tf.config.list_physical_devices`): the CPU, then hardware adapters, then software ones.
    /// `None` for both types.
    pub fn list_physical_devices(&self, device_type: impl Into<Option<DeviceType>>) -> Vec<PhysicalDevice> {
        let kind = device_type.into();
        let mut devices = vec![];
        if kind != Some(DeviceType::Gpu) {
            devices.push(CPU);
        }
        if kind != Some(DeviceType::Cpu) {
            let gpu = |index| PhysicalDevice { device_type: DeviceType::Gpu, index };
            devices.extend((0..self.adapters().caps().len() as u32).map(gpu));
        }
        devices
    }

    /// The devices that tensors can be on (`tf.config.list_logical_devices`). Makes them, so that the configuration stands.
    pub fn list_logical_devices(&self, device_type: impl Into<Option<DeviceType>>) -> Vec<Device> {
        let kind = device_type.into();
        let cpus = if kind == Some(DeviceType::Gpu) { &[] } else { self.cpus() };
        let gpus = if kind == Some(DeviceType::Cpu) { &[] } else { self.gpus() };
        cpus.iter().chain(gpus).cloned().collect()
    }

    /// The devices that will be used (`tf.config.get_visible_devices`).
    pub fn get_visible_devices(&self, device_type: impl Into<Option<DeviceType>>) -> Vec<PhysicalDevice> {
        let all = self.list_physical_devices(device_type);
        let settings = lock(&self.settings);
        all.into_iter().filter(|d| *d == CPU || settings.is_visible(*d)).collect()
    }

    /// Sets which devices are used (`tf.config.set_visible_devices`): all, or those of one type, the other type staying.
    ///
    /// # Errors
    /// `InvalidArgument` for a device that is not there or not of that type, or for no CPU, which is always used;
    /// `FailedPrecondition` after devices were made.
    pub fn set_visible_devices(
        &self,
        devices: &[PhysicalDevice],
        device_type: impl Into<Option<DeviceType>>,
    ) -> Result<()> {
        const OP: &str = "set_visible_devices";
        let kind = device_type.into();
        for d in devices {
            self.check(OP, *d)?;
            if kind.is_some_and(|k| k != d.device_type) {
                return Err(unrecognized(OP, *d));
            }
        }
        if kind != Some(DeviceType::Gpu) && !devices.contains(&CPU) {
            return Err(Error::invalid(OP, "devices", "the CPU among them", format_args!("{devices:?}")));
        }
        if kind == Some(DeviceType::Cpu) {
            return Ok(());
        }
        let gpus: Vec<_> = devices.iter().copied().filter(|d| *d != CPU).collect();
        let same = self.get_visible_devices(DeviceType::Gpu) == gpus;
        self.change(OP, same, "Visible devices", |s| s.visible_gpus = Some(gpus))
    }

    /// How a device is shared (`tf.config.get_logical_device_configuration`); `None` where that was not set.
    ///
    /// # Errors
    /// `InvalidArgument` for a device that is not there.
    pub fn get_logical_device_configuration(
        &self,
        device: PhysicalDevice,
    ) -> Result<Option<Vec<LogicalDeviceConfiguration>>> {
        self.check("get_logical_device_configuration", device)?;
        Ok(lock(&self.settings).shares.get(&device).cloned())
    }

    /// Splits a device into several logical ones (`tf.config.set_logical_device_configuration`), each with a memory limit
    /// on a GPU.
    ///
    /// # Errors
    /// `InvalidArgument` for a device that is not there, a GPU share without limit or a CPU share with one;
    /// `FailedPrecondition` after devices were made.
    pub fn set_logical_device_configuration(
        &self,
        device: PhysicalDevice,
        logical_devices: &[LogicalDeviceConfiguration],
    ) -> Result<()> {
        const OP: &str = "set_logical_device_configuration";
        self.check(OP, device)?;
        let wants_limit = device.device_type == DeviceType::Gpu;
        if let Some(share) = logical_devices.iter().find(|s| s.memory_limit.is_some() != wants_limit) {
            let wanted = if wants_limit {
                "a memory_limit for each GPU share"
            } else {
                "no memory_limit for CPU shares"
            };
            return Err(Error::invalid(OP, "logical_devices", wanted, format_args!("{share:?}")));
        }
        let same = lock(&self.settings).shares.get(&device).is_some_and(|s| s == logical_devices);
        self.change(OP, same, "Virtual devices", |s| {
            s.shares.insert(device, logical_devices.to_vec());
        })
    }

    /// Whether memory that is not in use goes back to the driver (`tf.config.experimental.get_memory_growth`); `None`
    /// where that was not set.
    ///
    /// # Errors
    /// `InvalidArgument` for a device that is not there, or the CPU.
    pub fn get_memory_growth(&self, device: PhysicalDevice) -> Result<Option<bool>> {
        self.check_gpu("get_memory_growth", device)?;
        Ok(lock(&self.settings).growth(device))
    }

    /// With `true`, as by default, a GPU's pool holds about as much as was in use lately. With `false` it keeps what it
    /// once had (`tf.config.experimental.set_memory_growth`). It never takes memory ahead of use.
    ///
    /// # Errors
    /// `InvalidArgument` for a device that is not there, the CPU, or a device that is split; `FailedPrecondition` after
    /// devices were made.
    pub fn set_memory_growth(&self, device: PhysicalDevice, enable: bool) -> Result<()> {
        const OP: &str = "set_memory_growth";
        self.check(OP, device)?;
        if lock(&self.settings).shares.contains_key(&device) {
            return Err(Error::invalid(
                OP,
                "device",
                "one without logical device configuration",
                format_args!("{device:?}"),
            ));
        }
        self.check_gpu(OP, device)?;
        let same = lock(&self.settings).growth(device) == Some(enable);
        self.change(OP, same, "Physical devices", |s| {
            s.growth.insert(device, enable);
        })
    }

    /// What a device is and can do (`tf.config.experimental.get_device_details`); `None` for the CPU.
    ///
    /// # Errors
    /// `InvalidArgument` for a device that is not there.
    pub fn get_device_details(&self, device: PhysicalDevice) -> Result<Option<Arc<Caps>>> {
        self.check("get_device_details", device)?;
        if device == CPU {
            return Ok(None);
        }
        Ok(self.adapters().caps().get(device.index as usize).cloned())
    }

    /// Memory in use on a logical device (`tf.config.experimental.get_memory_info`), named like `GPU:0`.
    ///
    /// # Errors
    /// `InvalidArgument` for a name without type and index, or a device that is not there.
    pub fn get_memory_info(&self, device: &str) -> Result<MemoryInfo> {
        Ok(self.named("get_memory_info", device)?.memory_info())
    }

    /// Sets the peak of a logical device to what is in use now (`tf.config.experimental.reset_memory_stats`).
    ///
    /// # Errors
    /// As [`Context::get_memory_info`].
    pub fn reset_memory_stats(&self, device: &str) -> Result<()> {
        self.named("reset_memory_stats", device)?.reset_memory_stats();
        Ok(())
    }

    /// Whether a device that does not exist is replaced by the CPU (`tf.config.get_soft_device_placement`).
    pub fn get_soft_device_placement(&self) -> bool {
        lock(&self.settings).soft_placement
    }

    /// Sets whether a device that does not exist is replaced by the CPU (`tf.config.set_soft_device_placement`).
    pub fn set_soft_device_placement(&self, enabled: bool) {
        lock(&self.settings).soft_placement = enabled;
    }

    /// Whether the device of each op is logged (`tf.debugging.get_log_device_placement`).
    pub fn get_log_device_placement(&self) -> bool {
        lock(&self.settings).log_placement
    }

    /// Sets whether the device of each op is logged (`tf.debugging.set_log_device_placement`).
    pub fn set_log_device_placement(&self, enabled: bool) {
        lock(&self.settings).log_placement = enabled;
    }

    /// Changes a setting unless devices have been made with it.
    fn change(&self, op: &str, same: bool, what: &str, change: impl FnOnce(&mut Settings)) -> Result<()> {
        if same {
            return Ok(());
        }
        if self.is_initialized() {
            let message = format!("{what} cannot be modified after being initialized");
            return Err(Error::new(ErrorKind::FailedPrecondition, op, message));
        }
        change(&mut lock(&self.settings));
        Ok(())
    }

    fn named(&self, op: &str, device: &str) -> Result<Device> {
        let spec: DeviceSpec = device.parse().map_err(|e: Error| e.for_op(op))?;
        let wanted = "a device type and index, such as GPU:0";
        if spec.device_index.is_none() {
            return Err(Error::invalid(op, "device", wanted, format_args!("'{device}'")));
        }
        self.find(&spec).ok_or_else(|| {
            Error::invalid(op, "device", format_args!("one of {}", self.names()), format_args!("'{device}'"))
        })
    }

    fn check(&self, op: &str, device: PhysicalDevice) -> Result<()> {
        if device == CPU || self.list_physical_devices(DeviceType::Gpu).contains(&device) {
            return Ok(());
        }
        Err(unrecognized(op, device))
    }

    fn check_gpu(&self, op: &str, device: PhysicalDevice) -> Result<()> {
        self.check(op, device)?;
        if device == CPU {
            return Err(Error::invalid(op, "device", "a GPU", format_args!("{device:?}")));
        }
        Ok(())
    }
}

fn unrecognized(op: &str, device: PhysicalDevice) -> Error {
    Error::invalid(op, "device", "a device of list_physical_devices", format_args!("{device:?}"))
}
