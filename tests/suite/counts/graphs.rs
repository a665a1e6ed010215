//! What graph models in TensorFlow.js' format cost.

use super::models::{launched, least, software};
use std::collections::HashSet;
use wgflow::exec::target_of_adapter;
use wgflow::io::{GraphModel, load_layers_model, read_model};
use wgflow::ops::array::zeros;
use wgflow::{DType, Result, config};
use wgflow_tests::device::device_under_test;

fn model_of(name: &str) -> Result<(String, Vec<Vec<u8>>)> {
    read_model(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("goldens/tfjs").join(name).join("model.json"),
    )
}

/// Biases, activations and residuals of a converted MobileNetV2 are parts of its convolutions.
#[test]
fn a_converted_mobilenet_is_few_launches() -> Result<()> {
    device_under_test();
    config::with_device("cpu", || {
        let x = zeros([1, 96, 96, 3], DType::Float32)?;
        let (json, weights) = model_of("g_mobilenet")?;
        let graph = GraphModel::from_parts(&json, &weights)?.get_concrete_function(&[("x", &x)], &[])?;
        let (json, weights) = model_of("k2_mobilenet")?;
        let layers = load_layers_model(&json, &weights)?.make_predict_function(&[x])?;
        for caps in [software(), least()] {
            let target = target_of_adapter(&caps);
            for (name, function) in [("graph", &graph), ("layers", &layers)] {
                let plan = function.executable(&target)?;
                let (dispatches, _) = launched(plan.plan(), &target, &mut HashSet::new())?;
                assert!(dispatches <= 60, "{name} on {}: {dispatches} launches", caps.name);
            }
        }
        Ok(())
    })?
}
