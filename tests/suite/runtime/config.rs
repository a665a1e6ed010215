//! `tf.config`'s rules, as TensorFlow 2.21 has them.

use wgflow::ErrorKind::{FailedPrecondition, InvalidArgument, NotFound};
use wgflow::runtime::{Context, Device, DeviceType, LogicalDeviceConfiguration};
use wgflow::{ErrorKind, Result};

const SHARE: LogicalDeviceConfiguration = LogicalDeviceConfiguration { memory_limit: None };

fn kind<T>(r: Result<T>) -> Option<ErrorKind> {
    r.err().map(|e| e.kind())
}

#[test]
fn the_cpu_can_be_split_before_it_is_used() {
    let c = Context::new();
    let cpu = c.list_physical_devices(DeviceType::Cpu)[0];
    assert_eq!(format!("{cpu:?}"), "PhysicalDevice(name='/physical_device:CPU:0', device_type='CPU')");
    assert_eq!(c.get_logical_device_configuration(cpu), Ok(None));
    let limited = LogicalDeviceConfiguration { memory_limit: Some(10) };
    assert_eq!(kind(c.set_logical_device_configuration(cpu, &[limited])), Some(InvalidArgument));
    c.set_logical_device_configuration(cpu, &[SHARE, SHARE]).unwrap();
    assert_eq!(c.get_logical_device_configuration(cpu), Ok(Some(vec![SHARE, SHARE])));
    let devices = c.list_logical_devices(DeviceType::Cpu);
    assert_eq!(format!("{:?}", devices[1]), "LogicalDevice(name='/device:CPU:1', device_type='CPU')");
    assert_eq!((devices.len(), devices[1].id()), (2, 1));
    assert_eq!(c.device(1).as_ref(), Some(&devices[1]));
    // Now it stands; saying the same again is no change.
    c.set_logical_device_configuration(cpu, &[SHARE, SHARE]).unwrap();
    let e = c.set_logical_device_configuration(cpu, &[SHARE]).unwrap_err();
    assert_eq!(e.kind(), FailedPrecondition);
    assert!(e.message().contains("cannot be modified after being initialized"), "{e}");
}

#[test]
fn the_cpu_has_no_memory_growth_and_no_details() {
    let c = Context::new();
    let cpu = c.list_physical_devices(DeviceType::Cpu)[0];
    assert_eq!(kind(c.set_memory_growth(cpu, true)), Some(InvalidArgument));
    assert_eq!(kind(c.get_memory_growth(cpu)), Some(InvalidArgument));
    assert_eq!(c.get_device_details(cpu), Ok(None));
    assert_eq!(kind(c.set_visible_devices(&[], DeviceType::Cpu)), Some(InvalidArgument));
    assert_eq!(kind(c.set_visible_devices(&[cpu], DeviceType::Gpu)), Some(InvalidArgument));
    c.set_visible_devices(&[cpu], DeviceType::Cpu).unwrap();
}

#[test]
fn hidden_gpus_are_not_made() {
    let c = Context::new();
    c.set_visible_devices(&[], DeviceType::Gpu).unwrap();
    assert_eq!(c.get_visible_devices(DeviceType::Gpu), []);
    assert_eq!(c.list_logical_devices(None).len(), 1);
    assert_eq!(kind(c.set_default_device("gpu")), Some(NotFound));
    assert_eq!(c.default_device().unwrap(), c.cpu());
    // Nothing changes after use, except into what it is.
    c.set_visible_devices(&[], DeviceType::Gpu).unwrap();
    let all = c.list_physical_devices(None);
    assert_eq!(kind(c.set_visible_devices(&all, None)), (all.len() > 1).then_some(FailedPrecondition));
}

#[test]
fn gpus_are_configured_before_use() {
    let c = Context::new();
    let Some(device) = wgflow_tests::device::adapter_of(&Context::new()) else { return };
    let gpus = c.list_physical_devices(DeviceType::Gpu);
    let gpu = gpus[0];
    assert_eq!(gpu.name(), "/physical_device:GPU:0");
    assert!(c.get_device_details(gpu).unwrap().is_some());
    assert_eq!(c.get_visible_devices(DeviceType::Gpu), gpus);
    assert_eq!(kind(c.set_logical_device_configuration(gpu, &[SHARE])), Some(InvalidArgument));
    assert_eq!(c.get_memory_growth(gpu), Ok(None));
    c.set_memory_growth(gpu, true).unwrap();
    assert_eq!(c.get_memory_growth(gpu), Ok(Some(true)));
    let half = LogicalDeviceConfiguration { memory_limit: Some(64) };
    c.set_logical_device_configuration(gpu, &[half, half]).unwrap();
    assert_eq!(
        kind(c.set_memory_growth(gpu, false)),
        Some(InvalidArgument),
        "split devices have limits instead"
    );
    assert_eq!(c.list_logical_devices(DeviceType::Gpu).len(), gpus.len() + 1);
    assert_eq!(kind(c.set_logical_device_configuration(gpu, &[half])), Some(FailedPrecondition));
    assert_eq!(kind(c.set_visible_devices(&[], DeviceType::Gpu)), Some(FailedPrecondition));
    let name = device.caps().unwrap().name.clone();
    assert!(gpus.iter().any(|g| c.get_device_details(*g).unwrap().unwrap().name == name));
}

#[test]
fn devices_are_chosen_by_name() {
    let c = Context::new();
    c.set_default_device("cpu").unwrap();
    for name in ["/CPU:0", "cpu", "/device:CPU:0", "/job:localhost/replica:0/task:0/device:CPU:0", ""] {
        assert_eq!(c.with_device(name, || c.current_device()).unwrap().unwrap(), c.cpu(), "{name}");
    }
    assert_eq!(c.cpu().full_name(), "/job:localhost/replica:0/task:0/device:CPU:0");
    assert_eq!(kind(c.with_device("nonsense", || ())), Some(InvalidArgument));
    let e = c.set_default_device("no such adapter").unwrap_err();
    assert_eq!(e.kind(), NotFound);
    for part in ["no such adapter", "--device cpu", "/device:CPU:0"] {
        assert!(e.message().contains(part), "{e}");
    }
    assert_eq!(kind(c.set_default_device("/GPU:99")), Some(NotFound));
    assert_eq!(c.default_device().unwrap(), c.cpu(), "a refused choice changes nothing");
}

#[test]
fn a_device_that_is_not_there_is_replaced_or_refused() {
    let c = Context::new();
    assert!(c.get_soft_device_placement());
    for name in ["/CPU:7", "/GPU:99", "/TPU:0", "/job:worker/CPU:0"] {
        assert_eq!(c.with_device(name, || c.current_device()).unwrap().unwrap(), c.cpu(), "{name}");
    }
    c.set_soft_device_placement(false);
    for name in ["/CPU:7", "/GPU:99", "/TPU:0"] {
        let e = c.with_device(name, || ()).unwrap_err();
        assert_eq!(e.kind(), InvalidArgument);
        assert!(e.message().contains(name) && e.message().contains("/device:CPU:0"), "{e}");
    }
}

#[test]
fn scopes_nest_and_end() {
    let c = Context::new();
    let cpu = c.list_physical_devices(DeviceType::Cpu)[0];
    c.set_logical_device_configuration(cpu, &[SHARE; 3]).unwrap();
    c.set_default_device("cpu").unwrap();
    let now = || c.current_device().unwrap().name();
    c.with_device("/CPU:1", || {
        assert_eq!(now(), "/device:CPU:1");
        c.with_device("/CPU:2", || assert_eq!(now(), "/device:CPU:2")).unwrap();
        c.with_device("", || assert_eq!(now(), "/device:CPU:1")).unwrap();
        assert_eq!(now(), "/device:CPU:1");
        std::thread::scope(|s| s.spawn(|| assert_eq!(now(), "/device:CPU:0")).join().unwrap());
        let panics = std::panic::AssertUnwindSafe(|| c.with_device("/CPU:2", || panic!("in a scope")));
        assert!(std::panic::catch_unwind(panics).is_err());
        assert_eq!(now(), "/device:CPU:1");
    })
    .unwrap();
    assert_eq!(now(), "/device:CPU:0");
}

#[test]
fn memory_is_told_by_device_name() {
    let c = Context::new();
    assert_eq!(c.get_memory_info("CPU:0").unwrap().current, 0);
    let x = c.cpu().alloc(1000).unwrap();
    assert_eq!(c.get_memory_info("/device:CPU:0").unwrap().current, 1024);
    drop(x);
    c.reset_memory_stats("CPU:0").unwrap();
    assert_eq!(c.get_memory_info("CPU:0").unwrap().peak, 0);
    for name in ["foo", "CPU", "GPU:99", "CPU:1"] {
        assert_eq!(kind(c.get_memory_info(name)), Some(InvalidArgument), "{name}");
    }
}

#[test]
fn auto_means_hardware_or_the_cpu() {
    let c = Context::new();
    c.set_default_device("auto").unwrap();
    let chosen = c.default_device().unwrap();
    let hardware = |d: &Device| d.caps().is_some_and(|caps| !caps.is_software());
    assert!(hardware(&chosen) || (chosen == c.cpu() && !c.gpus().iter().any(hardware)));
    if let Some(under_test) = wgflow_tests::device::adapter_of(&c) {
        let caps = under_test.caps().unwrap();
        let part = caps.name[..5].to_uppercase();
        c.set_default_device(&part).unwrap();
        assert!(c.default_device().unwrap().caps().unwrap().name.to_uppercase().contains(&part));
        c.set_default_device(&under_test.name()).unwrap();
        assert_eq!(c.default_device().unwrap(), under_test);
    }
}
