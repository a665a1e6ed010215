//! Evaluation of one op from a file.

use crate::json;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use wgflow::tensor::{Args, Attr, run};
use wgflow::{GradientTape, IntoTensor, Source, Tensor, ops};

/// Runs one registered op on values from a file and prints its results, gradients or error.
#[derive(clap::Args)]
#[command(after_help = "FILE holds one JSON object:
  {
    \"op\": \"Sum\",                                   a name of docs/OPS.md (tf.raw_ops)
    \"attrs\": {\"axis\": [1], \"keep_dims\": true},      those without a default; a tensor as {dtype, shape, values}
    \"inputs\": [{\"dtype\": \"float32\", \"shape\": [2, 2], \"values\": [1, 2, 3, 4]}],
    \"output_gradients\": [{\"dtype\": \"float32\", \"shape\": [2, 1], \"values\": [1, 1]}]
  }
dtype defaults to float32, shape to that of the nested values; nan, inf and -inf are written as strings.
With output_gradients (one a result; null for none, and for results that are no floats) the gradients in all float inputs follow:
the vector-Jacobian product, None where unconnected. The exit code is 1 on an error.")]
pub(crate) struct Eval {
    /// The file, or - for the standard input.
    file: PathBuf,
    /// The device: auto, cpu, gpu, or a part of an adapter's name.
    #[arg(long, default_value = "auto")]
    device: String,
    /// Prints {outputs, gradients} or {error} as JSON.
    #[arg(long)]
    json: bool,
}

type Found = (Vec<Tensor>, Option<Vec<Option<Tensor>>>);

impl Eval {
    pub(crate) fn run(&self) -> Result<(), Box<dyn Error>> {
        wgflow::config::set_default_device(&self.device)?;
        let text = if self.file.as_os_str() == "-" {
            std::io::read_to_string(std::io::stdin())?
        } else {
            std::fs::read_to_string(&self.file).map_err(|e| format!("{}: {e}", self.file.display()))?
        };
        let request: Value = serde_json::from_str(&text)?;
        let found = match evaluate(&request) {
            Ok(found) => found,
            Err(e) => {
                if self.json {
                    let kind = e.kind().to_string();
                    println!(
                        "{}",
                        json!({ "error": { "kind": kind, "op": e.op(), "message": e.message() } })
                    );
                }
                return Err(e.into());
            }
        };
        if self.json { print_json(&found) } else { print_text(&found) }
    }
}

fn evaluate(request: &Value) -> wgflow::Result<Found> {
    let wanted = "an object with \"op\", \"inputs\" and perhaps \"attrs\" and \"output_gradients\"";
    let bad = |arg: &str, got: &Value| wgflow::Error::invalid("eval", arg, wanted, got);
    let name = request.get("op").and_then(Value::as_str).ok_or_else(|| bad("file", request))?;
    let list = |key: &str| match request.get(key) {
        None => Ok(&[][..]),
        Some(Value::Array(items)) => Ok(&items[..]),
        Some(other) => Err(bad(key, other)),
    };
    let mut attrs: BTreeMap<String, Attr> = BTreeMap::new();
    match request.get("attrs") {
        None => {}
        Some(Value::Object(given)) => {
            for (k, v) in given {
                attrs.insert(k.clone(), json::read_attr(name, k, v)?);
            }
        }
        Some(other) => return Err(bad("attrs", other)),
    }
    let op = ops::by_name(name, &Args(attrs))?;
    let inputs = list("inputs")?
        .iter()
        .enumerate()
        .map(|(i, v)| json::read_tensor(name, &format!("inputs[{i}]"), v)?.into_tensor(None))
        .collect::<wgflow::Result<Vec<Tensor>>>()?;
    let floats: Vec<&Tensor> = inputs.iter().filter(|t| t.dtype().is_differentiable()).collect();
    let tape = GradientTape::new();
    floats.iter().for_each(|t| tape.watch(*t));
    let outputs = run(&*op, &inputs.iter().collect::<Vec<_>>())?;
    if request.get("output_gradients").is_none() {
        return Ok((outputs, None));
    }
    let seeds = list("output_gradients")?
        .iter()
        .enumerate()
        .map(|(i, v)| match v {
            Value::Null => Ok(None),
            v => json::read_tensor(name, &format!("output_gradients[{i}]"), v)?.into_tensor(None).map(Some),
        })
        .collect::<wgflow::Result<Vec<Option<Tensor>>>>()?;
    if seeds.len() != outputs.len() {
        let wanted = format!("{} of them, one a result", outputs.len());
        return Err(wgflow::Error::invalid(name, "output_gradients", wanted, seeds.len()));
    }
    let targets: Vec<(&Tensor, Option<&Tensor>)> =
        outputs.iter().zip(&seeds).filter_map(|(y, s)| s.as_ref().map(|s| (y, Some(s)))).collect();
    let sources: Vec<Source> = floats.iter().map(|t| Source::from(*t)).collect();
    let mut found = tape.gradient_with(&targets, &sources[..], Default::default())?.into_iter();
    let spread =
        inputs.iter().map(|t| if t.dtype().is_differentiable() { found.next().flatten() } else { None });
    let gradients = spread.collect();
    Ok((outputs, Some(gradients)))
}

fn print_text((outputs, gradients): &Found) -> Result<(), Box<dyn Error>> {
    for t in outputs {
        println!("{t}");
    }
    for (i, d) in gradients.iter().flatten().enumerate() {
        match d {
            Some(d) => println!("gradient in input {i}: {d}"),
            None => println!("gradient in input {i}: None"),
        }
    }
    Ok(())
}

fn print_json((outputs, gradients): &Found) -> Result<(), Box<dyn Error>> {
    let tensor = |t: &Tensor| t.to_literal().map(|l| json::tensor(&l));
    let outputs = outputs.iter().map(tensor).collect::<wgflow::Result<Vec<Value>>>()?;
    let mut result = json!({ "outputs": outputs });
    if let Some(gradients) = gradients {
        let found = gradients.iter().map(|d| d.as_ref().map_or(Ok(Value::Null), tensor));
        result["gradients"] = found.collect::<wgflow::Result<Value>>()?;
    }
    println!("{result}");
    Ok(())
}
