//! Files that are broken: typed errors, never a panic.

use super::golden;
use serde_json::{Value, json};
use wgflow::io::{
    GraphModel, LoadOptions, WeightsEntry, decode_weights, load_layers_model, load_layers_model_with,
};
use wgflow::{DType, ErrorKind, IntoTensor, Result};

fn kind<T>(r: Result<T>) -> ErrorKind {
    r.err().map_or_else(|| panic!("no error"), |e| e.kind())
}

fn edited(json: &str, edit: impl FnOnce(&mut Value)) -> String {
    let mut v: Value = serde_json::from_str(json).expect("JSON");
    edit(&mut v);
    v.to_string()
}

#[test]
fn truncated_files_are_lost_data() {
    for name in ["k2_functional", "k3_cnn", "g_loops_v2"] {
        let g = golden(name);
        let load = |json: &str, weights: &[Vec<u8>]| -> Result<()> {
            if name.starts_with('g') {
                GraphModel::from_parts(json, weights).map(|_| ())
            } else {
                load_layers_model(json, weights).map(|_| ())
            }
        };
        for cut in (0..g.json.len()).step_by(g.json.len() / 40) {
            assert_eq!(kind(load(&g.json[..cut], &g.weights)), ErrorKind::DataLoss, "{name} cut at {cut}");
        }
        let mut short = g.weights.clone();
        short[0].pop();
        assert_eq!(kind(load(&g.json, &short)), ErrorKind::DataLoss);
        let mut long = g.weights.clone();
        long[0].push(0);
        assert_eq!(kind(load(&g.json, &long)), ErrorKind::DataLoss);
        assert_eq!(kind(load(&g.json, &[])), ErrorKind::InvalidArgument);
        let none: &[Vec<u8>] = &[g.weights[0].clone(), vec![]];
        assert_eq!(kind(load(&g.json, none)), ErrorKind::InvalidArgument);
    }
}

#[test]
fn shards_in_the_wrong_order_are_noticed() -> Result<()> {
    let g = golden("k2_cnn_shards");
    let sizes: Vec<usize> = g.weights.iter().map(Vec::len).collect();
    let uneven = (1..sizes.len()).find(|i| sizes[*i] != sizes[0]).expect("files of other sizes");
    let mut swapped = g.weights.clone();
    swapped.swap(0, uneven);
    assert_eq!(kind(load_layers_model(&g.json, &swapped)), ErrorKind::DataLoss);
    // All bytes in one piece are as good.
    load_layers_model(&g.json, &[g.weights.concat()]).map(|_| ())
}

#[test]
fn manifests_that_are_wrong() {
    let g = golden("k2_mlp_uint8");
    let first = "/weightsManifest/0/weights/0";
    let cases: [(&str, Value, ErrorKind); 9] = [
        ("dtype", json!("float99"), ErrorKind::Unimplemented),
        ("dtype", json!("int64"), ErrorKind::Unimplemented),
        ("dtype", json!(3), ErrorKind::InvalidArgument),
        ("dtype", json!("bool"), ErrorKind::InvalidArgument),
        ("shape", json!([5, -8]), ErrorKind::InvalidArgument),
        ("shape", json!([1u64 << 40, 1u64 << 40]), ErrorKind::DataLoss),
        ("name", Value::Null, ErrorKind::InvalidArgument),
        ("quantization", json!({ "dtype": "uint4" }), ErrorKind::InvalidArgument),
        ("quantization", json!({ "dtype": "uint8", "scale": "x", "min": 0 }), ErrorKind::InvalidArgument),
    ];
    for (key, value, wanted) in cases {
        let json = edited(&g.json, |v| v.pointer_mut(first).expect("a weight")[key] = value.clone());
        assert_eq!(kind(load_layers_model(&json, &g.weights)), wanted, "{key}={value}");
    }
    for (key, value) in
        [("weightsManifest", json!(3)), ("modelTopology", Value::Null), ("format", json!("graph-model"))]
    {
        let json = edited(&g.json, |v| v[key] = value.clone());
        assert_eq!(kind(load_layers_model(&json, &g.weights)), ErrorKind::InvalidArgument, "{key}={value}");
    }
}

#[test]
fn strings_and_integers_are_read() -> Result<()> {
    let e = [WeightsEntry::new("s", [2], DType::String), WeightsEntry::new("h", [1], DType::UInt16)];
    let bytes = [2, 0, 0, 0, b'h', b'i', 0, 0, 0, 0, 255, 255];
    let w = decode_weights(&e, &bytes)?;
    assert_eq!(w[0].strings(), Some(&[b"hi".to_vec(), vec![]][..]));
    assert_eq!(w[1].tensor()?.to_vec::<i32>()?, [65535]);
    for cut in 0..bytes.len() {
        assert_eq!(kind(decode_weights(&e, &bytes[..cut])), ErrorKind::DataLoss, "{cut}");
    }
    let huge = [WeightsEntry::new("s", [1usize << 40], DType::String)];
    assert_eq!(kind(decode_weights(&huge, &bytes)), ErrorKind::DataLoss);
    Ok(())
}

#[test]
fn weights_that_are_missing_or_too_many() -> Result<()> {
    let g = golden("k2_mlp");
    let renamed = edited(&g.json, |v| v["weightsManifest"][0]["weights"][0]["name"] = json!("other/kernel"));
    let e = load_layers_model(&renamed, &g.weights).expect_err("a name that does not fit");
    assert!(e.message().contains("dense/kernel") && e.message().contains("other/kernel"), "{e}");
    load_layers_model_with(&renamed, &g.weights, LoadOptions { strict: false })?;
    let turned = edited(&g.json, |v| v["weightsManifest"][0]["weights"][0]["shape"] = json!([8, 5]));
    assert_eq!(kind(load_layers_model(&turned, &g.weights)), ErrorKind::InvalidArgument);
    Ok(())
}

/// Any part of a topology replaced by something else: an error or a model, never a panic.
#[test]
fn topologies_with_odd_parts() {
    fn paths(v: &Value, at: &str, all: &mut Vec<String>) {
        all.push(at.to_string());
        match v {
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(i, v)| paths(v, &format!("{at}/{i}"), all))
            }
            Value::Object(items) => items.iter().for_each(|(k, v)| paths(v, &format!("{at}/{k}"), all)),
            _ => {}
        }
    }
    for name in ["k2_functional", "k3_functional", "k2_bidirectional", "g_branches_v1", "g_loops_v2"] {
        let g = golden(name);
        let whole: Value = serde_json::from_str(&g.json).expect("JSON");
        let mut all = vec![];
        paths(&whole["modelTopology"], "/modelTopology", &mut all);
        for (i, path) in all.iter().enumerate() {
            let odd = [json!(null), json!(-1), json!("odd"), json!([]), json!({})][i % 5].clone();
            let json = edited(&g.json, |v| *v.pointer_mut(path).expect("a part") = odd);
            if name.starts_with('g') {
                if let Ok(m) = GraphModel::from_parts(&json, &g.weights) {
                    let x = [[0.5f32, 1.0], [0.0, -1.0]].into_tensor(None).expect("a tensor");
                    let _ = m.execute(&[("x", &x)], &[]);
                }
            } else {
                let _ = load_layers_model(&json, &g.weights);
            }
        }
    }
}

fn graph(nodes: Value, library: Value) -> String {
    json!({ "format": "graph-model", "modelTopology": { "node": nodes, "library": library }, "weightsManifest": [] }).to_string()
}

fn placeholder() -> Value {
    json!({ "name": "x", "op": "Placeholder", "attr": { "dtype": { "type": "DT_FLOAT" }, "shape": { "shape": { "dim": [{ "size": "2" }] } } } })
}

fn run(json: &str, outputs: &[&str]) -> Result<Vec<wgflow::Tensor>> {
    wgflow_tests::device::device_under_test();
    let m = GraphModel::from_parts::<Vec<u8>>(json, &[])?;
    m.execute(&[("x", &[1.0f32, -2.0].into_tensor(None)?)], outputs)
}

#[test]
fn graphs_that_cannot_be_run() -> Result<()> {
    let node = |name: &str, op: &str, input: &[&str]| json!({ "name": name, "op": op, "input": input });
    let abs = graph(json!([placeholder(), node("y", "Abs", &["x"])]), Value::Null);
    assert_eq!(run(&abs, &[])?[0].to_vec::<f32>()?, [1.0, 2.0]);
    assert_eq!(run(&abs, &["y", "x"])?.len(), 2);

    let unknown = graph(
        json!([
            placeholder(),
            node("a", "Fancy", &["x"]),
            node("b", "Abs", &["a"]),
            node("c", "Odd", &["b"])
        ]),
        Value::Null,
    );
    let e = run(&unknown, &[]).expect_err("ops that are not known");
    assert_eq!(e.kind(), ErrorKind::NotFound);
    assert!(e.message().contains("Fancy, Odd"), "{e}");

    let cyclic =
        graph(json!([placeholder(), node("a", "AddV2", &["x", "b"]), node("b", "Abs", &["a"])]), Value::Null);
    assert_eq!(kind(run(&cyclic, &["b"])), ErrorKind::InvalidArgument);
    let of_itself = graph(json!([placeholder(), node("a", "Abs", &["a"])]), Value::Null);
    assert_eq!(kind(run(&of_itself, &["a"])), ErrorKind::InvalidArgument);
    let nowhere = graph(json!([placeholder(), node("a", "Abs", &["gone"])]), Value::Null);
    assert_eq!(kind(run(&nowhere, &[])), ErrorKind::InvalidArgument);
    let twice = graph(json!([placeholder(), placeholder()]), Value::Null);
    assert_eq!(kind(run(&twice, &[])), ErrorKind::InvalidArgument);
    assert_eq!(kind(run(&abs, &["z"])), ErrorKind::InvalidArgument);
    assert_eq!(kind(run(&abs, &["y:7"])), ErrorKind::InvalidArgument);
    let exit = graph(json!([placeholder(), node("a", "Exit", &["x"])]), Value::Null);
    assert_eq!(kind(run(&exit, &["a"])), ErrorKind::InvalidArgument);
    let few = graph(json!([placeholder(), node("a", "Reshape", &["x"])]), Value::Null);
    assert_eq!(kind(run(&few, &["a"])), ErrorKind::InvalidArgument);
    let constant =
        graph(json!([placeholder(), node("c", "Const", &[]), node("a", "AddV2", &["x", "c"])]), Value::Null);
    assert_eq!(kind(run(&constant, &["a"])), ErrorKind::DataLoss);

    for (op, input) in [
        ("Print", vec![]),
        ("Abs", vec!["x:18446744073709551615"]),
        ("TensorListScatter", vec!["x"]),
        ("Switch", vec!["x"]),
    ] {
        let odd = graph(json!([placeholder(), node("a", op, &input)]), Value::Null);
        assert_eq!(kind(run(&odd, &["a"])), ErrorKind::InvalidArgument, "{op}");
    }

    // A function that calls itself.
    let call = json!({ "name": "a", "op": "PartitionedCall", "input": ["x"], "attr": { "f": { "func": { "name": "again" } } } });
    let body = json!({ "name": "b", "op": "PartitionedCall", "input": ["v"], "attr": { "f": { "func": { "name": "again" } } } });
    let library = json!({ "function": [{
        "signature": { "name": "again", "inputArg": [{ "name": "v" }], "outputArg": [{ "name": "r" }] },
        "nodeDef": [body], "ret": { "r": "b:output:0" },
    }] });
    assert_eq!(kind(run(&graph(json!([placeholder(), call]), library), &["a"])), ErrorKind::InvalidArgument);
    Ok(())
}

#[test]
fn inputs_other_than_the_signatures_are_refused() -> Result<()> {
    let g = golden("g_loops_v1");
    let m = GraphModel::from_parts(&g.json, &g.weights)?;
    let (x, n) = ([[1.0f32, 2.0], [3.0, 4.0]].into_tensor(None)?, 2.into_tensor(None)?);
    m.execute(&[("x", &x), ("n", &n)], &[])?;
    assert_eq!(kind(m.execute(&[("x", &x)], &[])), ErrorKind::InvalidArgument);
    assert_eq!(kind(m.execute(&[("x", &n), ("n", &n)], &[])), ErrorKind::InvalidArgument);
    assert_eq!(kind(m.execute(&[("x", &x), ("n", &x)], &[])), ErrorKind::InvalidArgument);
    assert_eq!(kind(m.execute(&[("x", &x), ("n", &n), ("n", &n)], &[])), ErrorKind::InvalidArgument);
    assert_eq!(kind(m.predict(std::slice::from_ref(&x))), ErrorKind::InvalidArgument);
    Ok(())
}
