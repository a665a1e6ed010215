//! Which device `--device` and `WGFLOW_DEVICE` mean.

use super::context::Context;
use super::device::Device;
use super::spec::DeviceSpec;
use crate::error::{Error, ErrorKind, Result};

/// `auto`: the first hardware adapter, else the CPU. `cpu`. `gpu`: the first adapter of any kind. Else TensorFlow's name of
/// a device, or a part of an adapter's name in any case.
pub(super) fn choose(wanted: &str, context: &Context) -> Result<Device> {
    let name = wanted.trim().to_lowercase();
    let gpus = || context.gpus().iter();
    let found = match name.as_str() {
        "" | "auto" if !may_have_hardware() => return Ok(context.cpu()),
        "" | "auto" => {
            let hardware = gpus().find(|d| d.caps().is_some_and(|c| !c.is_software()));
            return Ok(hardware.cloned().unwrap_or_else(|| context.cpu()));
        }
        "cpu" => return Ok(context.cpu()),
        "gpu" => gpus().next().cloned(),
        _ => match wanted.parse::<DeviceSpec>() {
            Ok(spec) => context.find(&spec),
            Err(_) => {
                gpus().find(|d| d.caps().is_some_and(|c| c.name.to_lowercase().contains(&name))).cloned()
            }
        },
    };
    found.ok_or_else(|| missing(wanted, context))
}

/// Whether the machine may have a GPU: on Linux each driver of one has a device node. Where there is none, `auto` need not
/// load a software adapter's driver just to pass it over.
fn may_have_hardware() -> bool {
    let entries = if cfg!(target_os = "linux") { std::fs::read_dir("/dev") } else { return true };
    let Ok(mut entries) = entries else { return true };
    entries.any(|e| e.is_ok_and(|e| is_gpu_node(&e.file_name().to_string_lossy())))
}

/// Nodes of the kernel's own graphics drivers, and of NVIDIA's, Windows' for Linux guests, Arm's, Qualcomm's,
/// Imagination's and Vivante's.
fn is_gpu_node(name: &str) -> bool {
    ["dri", "nvidia", "dxg", "mali", "kgsl", "pvr", "galcore"].iter().any(|node| name.starts_with(node))
}

fn missing(wanted: &str, context: &Context) -> Error {
    let adapters: Vec<String> =
        context.gpus().iter().filter_map(|d| Some(format!("{} = {}", d.name(), d.caps()?))).collect();
    let found = if adapters.is_empty() {
        "No Vulkan, Metal or DX12 adapter was found; installing a Vulkan driver adds one (Debian's mesa-vulkan-drivers \
         brings a software adapter)"
            .to_string()
    } else {
        format!("Adapters found: {}", adapters.join("; "))
    };
    Error::new(
        ErrorKind::NotFound,
        "device",
        format!(
            "wanted a device that is there: auto, cpu, gpu, {} or a part of an adapter's name. Received: '{wanted}'. \
             {found}. --device cpu or WGFLOW_DEVICE=cpu runs on the CPU.",
            context.names()
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::is_gpu_node;

    #[test]
    fn gpu_nodes_are_told_from_others() {
        for name in ["dri", "nvidia0", "nvidiactl", "dxg", "mali0", "kgsl-3d0"] {
            assert!(is_gpu_node(name), "{name}");
        }
        for name in ["null", "tty0", "kvm", "loop0", "fd", "shm", "mapper", "console"] {
            assert!(!is_gpu_node(name), "{name}");
        }
    }
}
