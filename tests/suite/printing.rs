//! Printed tensors and variables against TensorFlow's own text.

use serde_json::Value;
use wgflow::hlo::Literal;
use wgflow::tensor::trace;
use wgflow::{DType, IntoTensor, Shape, Tensor, Variable, capture_prints, print};
use wgflow_tests::device::device_under_test;
use wgflow_tests::goldens::read;

fn number(v: &Value) -> f64 {
    match v {
        Value::Bool(b) => f64::from(u8::from(*b)),
        Value::String(s) => s.parse().expect("nan or inf"),
        v => v.as_f64().expect("a number"),
    }
}

fn tensor(entry: &Value) -> Tensor {
    let dtype: DType = entry["dtype"].as_str().expect("a dtype").parse().expect("a dtype");
    let dims: Vec<usize> = serde_json::from_value(entry["shape"].clone()).expect("a shape");
    let shape = Shape::from(dims);
    let values: Vec<f64> = match entry["values"].as_array() {
        Some(v) => v.iter().map(number).collect(),
        // Long ones are eighths, counted.
        None => (0..shape.size()).map(|i| i as f64 / 8.0).collect(),
    };
    let literal = match dtype {
        DType::Bool => Literal::ints(dtype, shape, values.iter().map(|&v| i64::from(v != 0.0)).collect()),
        d if d.is_exact() => Literal::ints(dtype, shape, values.iter().map(|&v| v as i64).collect()),
        _ => Literal::floats(dtype, shape, values),
    };
    literal.into_tensor(None).expect("a tensor")
}

#[test]
fn tensors_print_as_in_tensorflow() {
    device_under_test();
    let all: Vec<Value> = serde_json::from_slice(&read("printing.json")).expect("a list");
    assert!(all.len() > 500, "{}", all.len());
    let mut wrong = vec![];
    for entry in &all {
        let t = tensor(entry);
        let ((), printed) = capture_prints(|| print(&[&t]).expect("prints"));
        let printed = printed.trim_end_matches('\n').to_string();
        for (got, want) in
            [(t.to_string(), &entry["str"]), (format!("{t:?}"), &entry["repr"]), (printed, &entry["print"])]
        {
            if want != got.as_str() {
                wrong.push(format!("wanted {}\ngot    {got}", want.as_str().expect("text")));
            }
        }
    }
    println!("{} arrays printed", all.len());
    assert!(
        wrong.is_empty(),
        "{} of {} differ:\n{}",
        wrong.len(),
        3 * all.len(),
        wrong[..wrong.len().min(10)].join("\n")
    );
}

#[test]
fn variables_print_as_in_tensorflow() {
    device_under_test();
    let v = Variable::named(3, "my_var", true).expect("a variable");
    assert_eq!(v.to_string(), "<tf.Variable 'my_var:0' shape=() dtype=int32, numpy=3>");
    let v = Variable::new([[1.0, 2.0], [3.0, 4.0]]).expect("a variable");
    let text = "<tf.Variable 'Variable:0' shape=(2, 2) dtype=float32, numpy=\narray([[1., 2.],\n       [3., 4.]], dtype=float32)>";
    assert_eq!(format!("{v:?}"), text);
}

#[test]
fn symbolic_tensors_print_without_values() {
    device_under_test();
    let specs = [wgflow::hlo::Spec::new(DType::Float32, [2])];
    let v = Variable::new(1.0).expect("a variable");
    let (_, texts) = trace("f", &specs, |x| {
        let texts = [x[0].to_string(), format!("{:?}", x[0]), v.to_string()];
        Ok((x.to_vec(), texts))
    })
    .expect("a trace");
    let wanted = [
        "Tensor(\"v0:0\", shape=(2,), dtype=float32)",
        "<tf.Tensor 'v0:0' shape=(2,) dtype=float32>",
        "<tf.Variable 'Variable:0' shape=() dtype=float32>",
    ];
    assert_eq!(texts, wanted);
}
