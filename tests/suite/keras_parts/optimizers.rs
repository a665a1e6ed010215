//! Optimizers.

use super::{Problems, cases, name_of, number, shaped, tensor};
use serde_json::Value;
use std::sync::Arc;
use wgflow::compiler::fuse::{FuseRules, Inputs};
use wgflow::compiler::plan::Plan;
use wgflow::function::function;
use wgflow::keras::optimizers::{self, Adam, Optimizer, SGD};
use wgflow::ops::{linalg, math};
use wgflow::{DType, GradientTape, Result, Tensor, Variable};
use wgflow_tests::compare::Bound;
use wgflow_tests::device::device_under_test;

/// Five steps, in which roots and quotients of small numbers grow what rounding differs in.
const BOUND: Bound = Bound { rel: 5e-5, abs: 5e-6 };

/// The small model of the goldens: a dense layer and the mean of squares.
#[derive(Clone)]
struct Model {
    kernel: Variable,
    bias: Variable,
    x: Tensor,
    y: Tensor,
}

impl Model {
    fn of(case: &Value) -> Self {
        let variable = |name: &str| Variable::named(tensor(&case[name]), name, true).expect("a variable");
        let (x, y) = (tensor(&case["x"]), tensor(&case["y"]));
        Model { kernel: variable("kernel"), bias: variable("bias"), x, y }
    }

    fn loss(&self) -> Result<Tensor> {
        let y = math::add(linalg::matmul(&self.x, &self.kernel)?, &self.bias)?;
        math::reduce_mean(math::squared_difference(y, &self.y)?, None, false)
    }

    fn variables(&self) -> [Variable; 2] {
        [self.kernel.clone(), self.bias.clone()]
    }

    /// One step; the loss before it.
    fn step(&self, optimizer: &dyn Optimizer) -> Result<Tensor> {
        let tape = GradientTape::new();
        let loss = self.loss()?;
        let scaled = optimizer.scale_loss(&loss)?;
        let variables = self.variables();
        let grads = tape.gradient(&scaled, &variables[..])?;
        optimizer.apply_gradients(&grads.into_iter().zip(variables).collect::<Vec<_>>())?;
        Ok(loss)
    }
}

fn prepared(case: &Value) -> (Model, Arc<dyn Optimizer>) {
    let optimizer = optimizers::deserialize(case).unwrap_or_else(|e| panic!("{}: {e}", name_of(case)));
    if case["exclude"] == true {
        optimizer.exclude_from_weight_decay(&[], &["bias"]).expect("not built yet");
    }
    (Model::of(case), optimizer)
}

fn check_steps(problems: &mut Problems, case: &Value, model: &Model, step: impl Fn() -> Result<Tensor>) {
    for (i, want) in case["steps"].as_array().expect("steps").iter().enumerate() {
        let place = format!("{} step {i}", name_of(case));
        problems.check_within(&place, step(), &want["loss"], BOUND);
        problems.check_within(&format!("{place} kernel"), model.kernel.value(), &want["kernel"], BOUND);
        problems.check_within(&format!("{place} bias"), model.bias.value(), &want["bias"], BOUND);
    }
}

#[test]
fn steps_are_those_of_keras() {
    device_under_test();
    let mut problems = Problems::default();
    for case in cases("optimizer") {
        let place = name_of(case);
        let (model, optimizer) = prepared(case);
        problems.check_config(&place, &optimizers::serialize(&*optimizer), case, true);
        check_steps(&mut problems, case, &model, || model.step(&*optimizer));
        problems.check_config(&place, &optimizers::serialize(&*optimizer), case, true);
        let variables = optimizer.variables().expect("variables");
        let is_placeholder = |v: &&Value| v["name"] == "bias" && v["value"]["dtype"] == "int32";
        let wanted: Vec<&Value> =
            case["variables"].as_array().expect("variables").iter().filter(|v| !is_placeholder(v)).collect();
        problems.hold(&place, variables.len() == wanted.len(), || format!("{variables:?} and {wanted:?}"));
        for (v, want) in variables.iter().zip(wanted) {
            let (name, own) =
                (want["name"].as_str().expect("a name"), v.name().rsplit('/').next().unwrap_or(""));
            // Keras names these after the variable alone, or not at all.
            let unnamed = name == "kernel" || name.starts_with("variable");
            problems.hold(&place, unnamed || name == own, || format!("wanted {name}, got {own}"));
            let values: Vec<f64> =
                want["value"]["values"].as_array().expect("values").iter().map(number).collect();
            problems.check_values(&format!("{place} {name}"), v.value(), &values, BOUND);
        }
        optimizer.finalize_variable_values().expect("averages");
        problems.check_within(
            &format!("{place} final"),
            model.kernel.value(),
            &case["final"]["kernel"],
            BOUND,
        );
        problems.check_within(&format!("{place} final"), model.bias.value(), &case["final"]["bias"], BOUND);
    }
    problems.report();
}

#[test]
fn steps_are_the_same_in_a_function() {
    device_under_test();
    let mut problems = Problems::default();
    for case in cases("optimizer") {
        let (model, optimizer) = prepared(case);
        let step = function({
            let model = model.clone();
            move |_| model.step(&*optimizer)
        });
        check_steps(&mut problems, case, &model, || step.call(()));
        assert_eq!(step.traces(), 1);
    }
    problems.report();
}

#[test]
fn a_learning_rate_is_changed_without_a_new_trace() {
    device_under_test();
    let x = Variable::new(10.0).expect("a variable");
    let sgd = Arc::new(SGD::new().learning_rate(0.1));
    let step = function({
        let (x, sgd) = (x.clone(), sgd.clone());
        move |_| sgd.minimize(&|| math::square(&x), std::slice::from_ref(&x))
    });
    step.call(()).expect("a step");
    assert_eq!(x.value().and_then(|v| v.item::<f32>()).expect("a number"), 8.0);
    sgd.set_learning_rate(0.25).expect("a number");
    step.call(()).expect("a step");
    assert_eq!(x.value().and_then(|v| v.item::<f32>()).expect("a number"), 4.0);
    assert_eq!(
        (
            step.traces(),
            sgd.iterations().and_then(|v| v.value()).and_then(|v| v.item::<i64>()).expect("a number")
        ),
        (1, 2)
    );
    assert_eq!(optimizers::serialize(&*sgd)["config"]["learning_rate"], 0.25);
}

/// How many kernels a step over `n` weights is compiled into, by the rules of a usual adapter.
fn kernels(name: &str, n: usize) -> usize {
    let optimizer = optimizers::get(name).expect(name);
    let weight =
        |i: usize| Variable::named(shaped(&[0.5; 12], [3, 4]), format!("w{i}"), true).expect("a variable");
    let weights: Vec<Variable> = (0..n).map(weight).collect();
    let step = function(move |g| {
        let pairs: Vec<_> = g.iter().cloned().map(Some).zip(weights.iter().cloned()).collect();
        optimizer.apply_gradients(&pairs)
    });
    let gradients = vec![shaped(&[0.25; 12], [3, 4]); n];
    let concrete = step.get_concrete_function(&gradients).expect(name);
    let rules = FuseRules {
        max_buffers: 15,
        views_in_contractions: true,
        min_rows: 1024,
        busy_rows: 1024,
        max_row: 4096,
        row_groups: true,
        row_major: false,
        max_binding: 128 << 20,
        split_contractions: true,
        in_place: true,
        busy_results: 1 << 16,
        stored_scores: 0,
    };
    Plan::new(concrete.graph(), &rules, &Inputs::default()).expect(name).len()
}

#[test]
fn each_weight_is_updated_by_one_kernel() {
    device_under_test();
    for name in ["SGD", "Adam", "AdamW", "Adamax", "Nadam", "RMSprop", "Adagrad", "Adadelta", "Ftrl", "Lion"]
    {
        let (few, many) = (kernels(name, 3), kernels(name, 6));
        println!("{name}: {few} kernels for 3 weights, {many} for 6");
        assert!(few <= 6 && many - few <= 3, "{name}: {few} kernels for 3 weights, {many} for 6");
    }
}

#[test]
fn half_width_variables_are_updated_in_their_dtype() {
    device_under_test();
    for name in ["SGD", "Adam", "Nadam", "RMSprop", "Lamb", "Adafactor"] {
        let run = |dtype: DType| -> Vec<f64> {
            let optimizer = optimizers::get(
                &serde_json::json!({ "class_name": name, "config": { "learning_rate": 0.1 } }),
            )
            .expect(name);
            let start = math::cast(shaped(&[1.0, -2.0, 0.5, 3.0], [2, 2]), dtype).expect("a cast");
            let w = Variable::named(start, "w", true).expect("a variable");
            for _ in 0..3 {
                optimizer
                    .minimize(&|| math::reduce_sum(math::square(&w)?, None, false), std::slice::from_ref(&w))
                    .expect(name);
            }
            assert_eq!(w.dtype(), dtype);
            w.value().and_then(|v| v.to_literal()).expect("a value").to_f64s()
        };
        let (half, full) = (run(DType::Float16), run(DType::Float32));
        for (h, f) in half.iter().zip(&full) {
            assert!((h - f).abs() < 0.01 * f.abs().max(1.0), "{name}: {half:?} and {full:?}");
        }
    }
}

#[test]
fn names_and_order_of_slots() {
    device_under_test();
    let adam = Adam::new().amsgrad(true).name("adam");
    let w = Variable::named([1.0, 2.0], "sequential/dense/kernel", true).expect("a variable");
    adam.build(&[w]).expect("slots");
    let names: Vec<String> =
        adam.variables().expect("variables").iter().map(|v| v.name().to_string()).collect();
    let slot = |s: &str| format!("adam/sequential_dense_kernel_{s}");
    let wanted = [
        "adam/iteration".into(),
        "adam/learning_rate".into(),
        slot("momentum"),
        slot("velocity"),
        slot("velocity_hat"),
    ];
    assert_eq!(names, wanted);
}
