//! What waits is bounded.

use wgflow::tensor::eager_stats;
use wgflow::{DType, IntoTensor, Result, Tensor, add, config, function, multiply, zeros};
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
    let mut x = y.clone();
    for i in 0..5000 {
        // Now and then a value of its own: what waits holds it.
        if i % 10 == 0 {
            x = vec![i as f32; 1024].into_tensor(None)?;
        }
        y = add(multiply(&y, 0.5)?, &x)?;
    }
    let memory = device.memory_info();
    assert!(memory.peak <= 4 << 20, "{memory:?}");
    // The last x is 4990; ten rounds of it come within 1/1024 of y = 0.5 y + x.
    let last = y.to_vec::<f32>()?[77];
    assert!((last - 9980.0).abs() < 1.0, "{last}");
    let stats = eager_stats();
    // The places of the new value among the calls of a segment come around after a few.
    assert!(stats.kept <= 8, "{stats:?}");
    Ok(())
}

#[test]
#[ignore = "run by large_values_do_not_pile_up, in a process of its own"]
fn large_values_alone() -> Result<()> {
    device_under_test();
    config::set_synchronous_execution(false);
    let device = config::current_device()?;
    // A function runs at its call.
    let filled = function(|x: &[Tensor]| add(zeros([1 << 20], DType::Float32)?, &x[0]));
    let mut y = filled.call([0f32])?;
    for i in 0..90 {
        let x = filled.call([i as f32])?;
        y = add(multiply(&y, 0.5)?, &x)?;
    }
    let memory = device.memory_info();
    assert!(memory.peak <= 290 << 20, "{memory:?}");
    assert!((y.to_vec::<f32>()?[1] - 176.0).abs() < 1e-2);
    Ok(())
}
