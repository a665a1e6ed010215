//! The built-in CPU device's memory, through the same calls.

use super::*;
use wgflow::ErrorKind;
use wgflow::runtime::Context;

#[test]
fn host_memory_is_written_copied_and_read() -> wgflow::Result<()> {
    let cpu = Context::new().cpu();
    assert_eq!((cpu.id(), &cpu.name()[..], cpu.caps()), (0, "/device:CPU:0", None));
    let x = cpu.upload(&bytes(&(0..64).collect::<Vec<_>>()))?;
    let y = cpu.alloc(10)?;
    assert!(x.is_host() && x.words()?.len() == 64);
    cpu.copy(&x, 4, &y, 0, 8)?;
    cpu.write(&y, 7, &[200, 201, 202])?;
    assert_eq!(cpu.read(&[(&y, 0..10), (&y, 5..5)])?.wait()?.data[0], [1, 0, 0, 0, 2, 0, 0, 200, 201, 202]);
    cpu.copy(&x, 0, &x, 16, 128)?;
    cpu.fill_zero(&x, 200, 56)?;
    let got = super::read(&cpu, &x)?;
    assert_eq!((got[3], got[4], got[35], got[36], got[49], got[50]), (3, 0, 31, 36, 49, 0));
    assert_eq!(super::futures::block_on(cpu.read(&[(&x, 4..8)])?)?.data[0], [1, 0, 0, 0]);
    cpu.sync()?;
    cpu.flush()?;
    cpu.recover()
}

#[test]
fn host_ranges_are_checked() -> wgflow::Result<()> {
    let cpu = Context::new().cpu();
    let x = cpu.alloc(10)?;
    let kind = |r: wgflow::Result<()>| r.unwrap_err().kind();
    assert_eq!(kind(cpu.write(&x, 8, &[0; 3])), ErrorKind::InvalidArgument);
    assert_eq!(kind(cpu.read(&[(&x, 0..11)]).map(drop)), ErrorKind::InvalidArgument);
    assert_eq!(kind(cpu.copy(&x, 0, &x, 0, 260)), ErrorKind::Internal);
    assert_eq!(kind(cpu.fill_zero(&x, 2, 4)), ErrorKind::Internal);
    assert_eq!(kind(cpu.alloc(u64::MAX).map(drop)), ErrorKind::ResourceExhausted);
    assert_eq!(kind(cpu.alloc(1 << 61).map(drop)), ErrorKind::ResourceExhausted);
    assert_eq!(cpu.memory_info().current, 256);
    Ok(())
}

#[test]
fn host_memory_is_pooled_and_counted() -> wgflow::Result<()> {
    let cpu = Context::new().cpu();
    for i in 0..1000u32 {
        let x = cpu.upload(&bytes(&[i; 300]))?;
        assert_eq!(super::read(&cpu, &x)?, [i; 300]);
    }
    let info = cpu.memory_info();
    assert_eq!((info.created, info.allocations, info.current, info.peak), (1, 1000, 0, 1280));
    assert_eq!((cpu.stats().bytes_uploaded, cpu.stats().bytes_read), (1_200_000, 1_200_000));
    cpu.reset_stats();
    assert_eq!(cpu.stats(), Default::default());
    cpu.trim();
    assert_eq!(cpu.memory_info().idle, 0);
    Ok(())
}

#[test]
fn a_profile_tells_the_kernels_of_the_cpu() -> wgflow::Result<()> {
    let device = wgflow::config::list_logical_devices(wgflow::runtime::DeviceType::Cpu)[0].clone();
    let sum = |n: usize| -> wgflow::Result<f32> {
        let ones = || wgflow::ones([n as i64, n as i64], wgflow::DType::Float32);
        wgflow::config::with_device("/CPU:0", || wgflow::reduce_sum(&ones()?, None, false)?.item::<f32>())?
    };
    assert_eq!(sum(3)?, 9.0);
    let _alone = wgflow_tests::device::profiling();
    device.profile_start()?;
    assert_eq!((sum(3)?, sum(300)?), (9.0, 90_000.0));
    let times = device.profile_stop()?;
    // Other tests may use the device meanwhile.
    assert!(times.iter().filter(|t| t.label.contains("reduce")).count() >= 2, "{times:?}");
    assert!(times.iter().all(|t| t.duration_ns > 0 && t.bytes > 0), "{times:?}");
    assert!(times.is_sorted_by_key(|t| t.start_ns), "{times:?}");
    assert_eq!(device.profile_stop()?, []);
    assert_eq!(sum(2)?, 4.0);
    Ok(())
}
