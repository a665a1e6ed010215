//! What a compiled function lets one see: passes, files, traces.

use wgflow::compiler::passes::texts;
use wgflow::exec::target_of;
use wgflow::hlo::{Graph, Spec};
use wgflow::runtime::chrome_trace;
use wgflow::{DType, IntoTensor, Result, Tensor, config, function, reduce_sum};
use wgflow_tests::device::{device_under_test, profiling};

fn passes(host: fn(&[Tensor]) -> Result<Tensor>, n: usize) -> Result<Vec<(&'static str, String)>> {
    let x = vec![vec![1.0_f32; 3]; 2].into_tensor(None)?;
    let args = vec![wgflow::function::FunctionArg::Tensor(x); n];
    function(host).get_concrete_function(args)?.passes(&target_of(&config::current_device()?))
}

fn count(text: &str, what: &str) -> usize {
    text.matches(what).count()
}

#[test]
fn common_work_is_done_once() -> Result<()> {
    device_under_test();
    let texts = passes(|x| Ok(&(&x[0] * &x[1]) + &wgflow::math::exp(&x[0] * &x[1])?), 2)?;
    let (first, last) = (&texts[0], &texts[texts.len() - 1]);
    assert_eq!((first.0, count(&first.1, "multiply(")), ("traced", 2), "{}", first.1);
    assert_eq!(count(&last.1, "multiply("), 1, "{}", last.1);
    assert_eq!(texts.iter().map(|t| t.0).collect::<Vec<_>>()[..3], ["traced", "twins", "inline"]);
    Ok(())
}

#[test]
fn what_nothing_needs_is_dropped() -> Result<()> {
    device_under_test();
    let texts = passes(
        |x| {
            wgflow::math::sin(&x[0])?;
            Ok(&x[0] + 1.0)
        },
        1,
    )?;
    let inline = texts.iter().find(|t| t.0 == "inline").expect("a pass");
    assert!(texts[0].1.contains("sine("), "{}", texts[0].1);
    assert!(!inline.1.contains("sine("), "{}", inline.1);
    Ok(())
}

#[test]
fn constants_are_computed_by_the_compiler() -> Result<()> {
    device_under_test();
    let mut g = Graph::new();
    let x = g.parameter(Spec::new(DType::Float32, [2, 3]));
    let three = g.scalar(DType::Float32, 3.0)?;
    let nine = g.mul(three, three)?;
    let nine = g.broadcast_to(nine, &[2, 3].into())?;
    let y = g.add(x, nine)?;
    g.set_outputs(vec![y]);
    let texts = texts(&g, &target_of(&config::current_device()?).fuse)?;
    let last = &texts[texts.len() - 1].1;
    assert!(last.contains("{9}") && !last.contains("multiply("), "{last}");
    Ok(())
}

#[test]
fn a_transpose_is_part_of_its_product() -> Result<()> {
    device_under_test();
    let texts = passes(|x| wgflow::matmul(wgflow::transpose(&x[0], None)?, &x[1]), 2)?;
    let last = &texts[texts.len() - 1].1;
    assert!(last.contains("dot_general(") && !last.contains("transpose("), "{last}");
    Ok(())
}

#[test]
fn compiling_leaves_its_files() -> Result<()> {
    device_under_test();
    let folder = std::env::temp_dir().join(format!("wgflow-dump-{}", std::process::id()));
    config::set_dump_folder(Some(folder.clone()));
    let f = function(|x: &[Tensor]| reduce_sum(&x[0] * 2.0, None, false)).named("dumped");
    let done = f.call((&vec![1.0_f32, 2.0].into_tensor(None)?,)).and_then(|y| y.item::<f32>());
    config::set_dump_folder(None);
    assert_eq!(done?, 6.0);
    let own = std::fs::read_dir(&folder).expect("a folder").flatten().map(|e| e.path());
    let own = own.into_iter().find(|p| p.to_string_lossy().ends_with("dumped")).expect("a folder of its own");
    let read = |name: &str| std::fs::read_to_string(own.join(name)).unwrap_or_default();
    assert!(read("00-traced.txt").contains("Mul("), "{}", read("00-traced.txt"));
    assert!(read("02-inline.txt").contains("multiply("), "{}", read("02-inline.txt"));
    assert!(read("plan.txt").contains("1 kernels; 0 bytes"), "{}", read("plan.txt"));
    let on_adapter = config::current_device()?.caps().is_some();
    assert_eq!(read("kernel-000-0.wgsl").contains("@compute"), on_adapter);
    std::fs::remove_dir_all(&folder).expect("the folder goes");
    Ok(())
}

#[test]
fn a_profile_is_a_trace() -> Result<()> {
    device_under_test();
    let device = config::current_device()?;
    let x = vec![1.0_f32; 1000].into_tensor(None)?;
    let f = function(|x: &[Tensor]| {
        Ok(wgflow::matmul(wgflow::reshape(&x[0], [10, 100])?, wgflow::reshape(&x[0], [100, 10])?)? + 1.0)
    });
    f.call((&x,))?;
    if device.caps().is_some_and(|c| !c.timestamps) {
        return Ok(());
    }
    let _alone = profiling();
    device.profile_start()?;
    f.call((&x,))?.to_vec::<f32>()?;
    let kernels = device.profile_stop()?;
    let trace: serde_json::Value =
        serde_json::from_str(&chrome_trace(&device.name(), &kernels)).expect("JSON");
    let events = trace["traceEvents"].as_array().expect("events");
    assert_eq!(events[0]["args"]["name"], device.name());
    let timed: Vec<_> = events.iter().filter(|e| e["ph"] == "X").collect();
    assert_eq!(timed.len(), kernels.len());
    assert!(
        timed.iter().any(|e| e["name"].as_str().is_some_and(|n| n.contains("dot_general"))),
        "{events:?}"
    );
    assert!(timed.iter().all(|e| e["dur"].as_f64().is_some_and(|d| d >= 0.0)), "{events:?}");
    Ok(())
}
