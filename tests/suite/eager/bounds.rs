//! What waits is bounded.

use wgflow::tensor::eager_stats;
use wgflow::{IntoTensor, Result, add, config, multiply};
use wgflow_tests::device::{alone, device_under_test};

/// Memory is the process's: each test has one of its own.
#[test]
fn ten_thousand_ops_without_a_read_hold_little() {
    alone("eager::bounds::ten_thousand_ops_alone");
}

#[test]
fn large_values_do_not_pile_up() {
    alone("eager::bounds::large_values_alone");
}

#[test]
#[ignore = "run by ten_thousand_ops_without_a_read_hold_little, in a process of its own"]
fn ten_thousand_ops_alone() -> Result<()> {
    device_under_test();
    config::set_synchronous_execution(false);
    let device = config::current_device()?;
    let mut y = vec![0f32; 1024].into_tensor(None)?;
    for i in 0..5000 {
        // A value of its own each time: what waits holds it.
        let x = vec![i as f32; 1024].into_tensor(None)?;
        y = add(multiply(&y, 0.5)?, &x)?;
    }
    let memory = device.memory_info();
    assert!(memory.peak <= 4 << 20, "{memory:?}");
    // y = 0.5 y + i has the limit 2 i - 2.
    let last = y.to_vec::<f32>()?[77];
    assert!((last - 9996.0).abs() < 1e-2, "{last}");
    let stats = eager_stats();
    assert!(stats.kept <= 3, "{stats:?}");
    Ok(())
}

#[test]
#[ignore = "run by large_values_do_not_pile_up, in a process of its own"]
fn large_values_alone() -> Result<()> {
    device_under_test();
    config::set_synchronous_execution(false);
    let device = config::current_device()?;
    let mut y = vec![0f32; 1 << 20].into_tensor(None)?;
    for i in 0..90 {
        let x = vec![i as f32; 1 << 20].into_tensor(None)?;
        y = add(multiply(&y, 0.5)?, &x)?;
    }
    let memory = device.memory_info();
    assert!(memory.peak <= 290 << 20, "{memory:?}");
    assert!((y.to_vec::<f32>()?[1] - 176.0).abs() < 1e-2);
    Ok(())
}
