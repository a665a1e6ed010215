//! Values that wait, on several threads.

use wgflow::{IntoTensor, Result, Tensor, add, multiply, tanh};
use wgflow_tests::device::device_under_test;

fn vector(v: f32) -> Result<Tensor> {
    vec![v; 8].into_tensor(None)
}

#[test]
fn threads_use_what_waits_on_others() -> Result<()> {
    device_under_test();
    for round in 0..10 {
        let shared = add(vector(round as f32)?, 1.0)?;
        let kept = multiply(&shared, 2.0)?;
        let sums = std::thread::scope(|s| {
            let work = |k: usize| {
                let (shared, kept) = (&shared, &kept);
                move || -> Result<Tensor> {
                    let mut y = multiply(shared, k as f64)?;
                    for _ in 0..20 {
                        y = add(&y, kept)?;
                    }
                    Ok(y)
                }
            };
            let threads: Vec<_> = (0..4).map(|k| s.spawn(work(k))).collect();
            let more = add(&kept, &shared)?;
            let sums: Result<Vec<Tensor>> = threads
                .into_iter()
                .map(|t| t.join().unwrap_or_else(|e| std::panic::resume_unwind(e)))
                .collect();
            Ok::<_, wgflow::Error>((sums?, more))
        })?;
        let x = round as f32 + 1.0;
        // The threads are gone; what waited on them is computed now.
        for (k, y) in sums.0.iter().enumerate() {
            assert_eq!(y.to_vec::<f32>()?, [x * k as f32 + 40.0 * x; 8]);
        }
        assert_eq!(sums.1.to_vec::<f32>()?, [3.0 * x; 8]);
    }
    Ok(())
}

#[test]
fn two_threads_read_one_value_at_once() -> Result<()> {
    device_under_test();
    for _ in 0..20 {
        let y = tanh(add(vector(0.0)?, 0.0)?)?;
        let z = add(&y, 1.0)?;
        std::thread::scope(|s| {
            let other = s.spawn(|| z.to_vec::<f32>());
            assert_eq!(y.to_vec::<f32>()?, [0.0; 8]);
            let read = other.join().unwrap_or_else(|e| std::panic::resume_unwind(e))?;
            assert_eq!(read, [1.0; 8]);
            Ok::<_, wgflow::Error>(())
        })?;
    }
    Ok(())
}
