//! The devices of a process.

use super::adapter::Adapters;
use super::choice::choose;
use super::configure::Settings;
use super::device::{Device, Slot};
use super::spec::{DeviceSpec, DeviceType};
use crate::error::{Error, Result};
use crate::lock;
use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};

/// A device of the machine (`tf.config.PhysicalDevice`), named like `/physical_device:GPU:0`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PhysicalDevice {
    pub(super) device_type: DeviceType,
    pub(super) index: u32,
}

impl PhysicalDevice {
    /// TensorFlow's name: `/physical_device:GPU:0`.
    pub fn name(&self) -> String {
        format!("/physical_device:{}:{}", self.device_type, self.index)
    }

    /// CPU or GPU.
    pub fn device_type(&self) -> DeviceType {
        self.device_type
    }
}

impl fmt::Debug for PhysicalDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhysicalDevice(name='{}', device_type='{}')", self.name(), self.device_type)
    }
}

/// The devices of a process and their configuration. Tensors use [`Context::global`].
///
/// Devices are made at their first use and stay as configured from then on. Adapters are looked for when a call first needs
/// to know of them: a program that only uses the CPU loads no graphics driver.
#[derive(Debug, Default)]
pub struct Context {
    adapters: OnceLock<Arc<Adapters>>,
    cpus: OnceLock<Vec<Device>>,
    gpus: OnceLock<Vec<Device>>,
    pub(super) settings: Mutex<Settings>,
}

static GLOBAL: OnceLock<Context> = OnceLock::new();

thread_local! {
    /// Devices of the scopes that this thread is in.
    static SCOPES: RefCell<Vec<Device>> = const { RefCell::new(vec![]) };
}

impl Context {
    /// A context of its own, with the settings of the environment. Its devices share nothing with other contexts.
    pub fn new() -> Self {
        Self::default()
    }

    /// The context of the process.
    pub fn global() -> &'static Context {
        GLOBAL.get_or_init(Context::new)
    }

    /// Looks for adapters. A page has to await this before it can use a GPU; elsewhere the first call that needs to know
    /// does it.
    pub async fn discover(&self) {
        if self.adapters.get().is_none() {
            let found = Arc::new(Adapters::search().await);
            // Another thread may have been faster; then its result stands.
            let _ = self.adapters.set(found);
        }
    }

    /// CPU:0, which is always there.
    pub fn cpu(&self) -> Device {
        self.cpus()[0].clone()
    }

    /// The logical CPU devices.
    pub fn cpus(&self) -> &[Device] {
        self.cpus.get_or_init(|| {
            let n = lock(&self.settings).cpus();
            (0..n).map(|i| Device::cpu(i, i)).collect()
        })
    }

    /// The logical GPU devices: hardware first, software adapters last.
    pub fn gpus(&self) -> &[Device] {
        self.gpus.get_or_init(|| {
            let first_id = self.cpus().len() as u32;
            let adapters = self.adapters();
            let settings = lock(&self.settings);
            let mut devices: Vec<Device> = vec![];
            for (index, caps) in adapters.caps().iter().enumerate() {
                let physical = PhysicalDevice { device_type: DeviceType::Gpu, index: index as u32 };
                if !settings.is_visible(physical) {
                    continue;
                }
                let slot = Slot::new(adapters, index, Arc::clone(caps), settings.checked_shaders);
                for limit in settings.limits(physical) {
                    let n = devices.len() as u32;
                    let keep = settings.growth(physical) == Some(false);
                    devices.push(Device::on_adapter(first_id + n, n, Arc::clone(&slot), limit, keep));
                }
            }
            devices
        })
    }

    /// The logical device that tensors know by `id`.
    pub fn device(&self, id: u32) -> Option<Device> {
        let cpus = self.cpus();
        match cpus.get(id as usize) {
            Some(cpu) => Some(cpu.clone()),
            None => self.gpus().get(id as usize - cpus.len()).cloned(),
        }
    }

    /// The device of the innermost [`Context::with_device`], else the default one.
    ///
    /// # Errors
    /// As [`Context::default_device`].
    pub fn current_device(&self) -> Result<Device> {
        SCOPES.with_borrow(|s| s.last().cloned()).map_or_else(|| self.default_device(), Ok)
    }

    /// The device for tensors made outside of any scope: what [`Context::set_default_device`] or the environment variable
    /// `WGFLOW_DEVICE` says (`auto`, `cpu`, `gpu`, a device name, or a part of an adapter's name).
    ///
    /// # Errors
    /// `NotFound` when there is no such device.
    pub fn default_device(&self) -> Result<Device> {
        let wanted = {
            let settings = lock(&self.settings);
            if let Some(device) = &settings.default {
                return Ok(device.clone());
            }
            settings.default_spec.clone()
        };
        let device = choose(wanted.as_deref().unwrap_or("auto"), self)?;
        lock(&self.settings).default = Some(device.clone());
        Ok(device)
    }

    /// Sets the default device, as a `--device` argument does.
    ///
    /// # Errors
    /// `NotFound` when there is no such device; the default stays as it was.
    pub fn set_default_device(&self, spec: &str) -> Result<()> {
        let device = choose(spec, self)?;
        let mut settings = lock(&self.settings);
        settings.default_spec = Some(spec.to_string());
        settings.default = Some(device);
        Ok(())
    }

    /// Runs `f` with `name` as the current device of this thread (`tf.device`); an empty name changes nothing.
    ///
    /// With soft placement, TensorFlow's default, a device that does not exist is replaced by CPU:0.
    ///
    /// # Errors
    /// `InvalidArgument` for a name that is none; without soft placement, for a device that does not exist.
    pub fn with_device<R>(&self, name: &str, f: impl FnOnce() -> R) -> Result<R> {
        let device = self.resolve(name)?;
        SCOPES.with_borrow_mut(|s| s.push(device));
        let _scope = Scope;
        Ok(f())
    }

    /// The device that `name` stands for here; see [`Context::with_device`].
    ///
    /// # Errors
    /// As [`Context::with_device`].
    pub fn resolve(&self, name: &str) -> Result<Device> {
        let spec: DeviceSpec = name.parse()?;
        if spec == DeviceSpec::default() {
            return self.current_device();
        }
        if let Some(device) = self.find(&spec) {
            return Ok(device);
        }
        if lock(&self.settings).soft_placement {
            log::info!("{name} does not exist, CPU:0 is used in its place");
            return Ok(self.cpu());
        }
        Err(Error::invalid(
            "device",
            "name",
            format_args!("one of {}", self.names()),
            format_args!("'{name}'"),
        ))
    }

    /// The device of a specification, if it exists.
    pub(super) fn find(&self, spec: &DeviceSpec) -> Option<Device> {
        let (kind, index) = spec.local()?;
        let list = match kind {
            DeviceType::Cpu => self.cpus(),
            DeviceType::Gpu => self.gpus(),
        };
        list.get(usize::try_from(index.unwrap_or(0)).ok()?).cloned()
    }

    /// The names of all logical devices, for messages.
    pub(super) fn names(&self) -> String {
        let names: Vec<String> = self.cpus().iter().chain(self.gpus()).map(Device::name).collect();
        names.join(", ")
    }

    pub(super) fn adapters(&self) -> &Arc<Adapters> {
        #[cfg(not(target_family = "wasm"))]
        let adapters = self.adapters.get_or_init(|| Arc::new(pollster::block_on(Adapters::search())));
        #[cfg(target_family = "wasm")]
        let adapters = self.adapters.get_or_init(Arc::default);
        adapters
    }

    /// Whether some logical device was made.
    pub(super) fn is_initialized(&self) -> bool {
        self.cpus.get().is_some()
    }
}

/// Leaves a device scope, even when the scope's function panics.
struct Scope;

impl Drop for Scope {
    fn drop(&mut self) {
        SCOPES.with_borrow_mut(|s| s.pop());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_is_used_without_looking_for_adapters() -> Result<()> {
        let c = Context::new();
        c.set_default_device("cpu")?;
        let x = c.with_device("/CPU:0", || c.current_device()?.upload(&[1, 2, 3, 4]))??;
        assert_eq!(c.device(0).map(|d| d.name()).as_deref(), Some("/device:CPU:0"));
        assert_eq!(c.get_memory_info("CPU:0")?.current, x.capacity());
        c.list_logical_devices(DeviceType::Cpu);
        assert!(c.adapters.get().is_none());
        c.list_physical_devices(None);
        assert!(c.adapters.get().is_some());
        Ok(())
    }
}
