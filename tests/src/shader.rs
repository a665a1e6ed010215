//! Kernels of one function each, and the translation of shaders to every target.

use naga::back::{hlsl, msl, spv};
use naga::valid::{Capabilities, ValidationFlags, Validator};
use wgflow::compiler::shader_lib::source_of;
use wgflow::hlo::rows::{Functor, Outcome, Row};
use wgflow::{DType, Result};

fn scalar(d: DType) -> &'static str {
    match d {
        DType::Float32 => "f32",
        DType::Int32 => "i32",
        _ => "u32",
    }
}

/// A kernel that applies a row to elements of `d`, `width` at a time (1, or 4 by vectors). Bools are words, 0 and 1.
///
/// # Errors
/// For a library function that does not exist.
pub fn row_kernel(row: &Row, d: DType, functor: Functor, width: usize) -> Result<String> {
    let load = |k: usize| {
        let lanes: Vec<String> = (0..width)
            .map(|lane| format!("x{k}[i * {width}u + {lane}u]"))
            .map(|at| if d == DType::Bool || k < row.leading_bools { format!("({at} != 0u)") } else { at })
            .collect();
        if width == 1 { lanes.concat() } else { format!("vec{width}({})", lanes.join(", ")) }
    };
    let args: Vec<String> = (0..row.arity).map(load).collect();
    let (value, lib) = match functor {
        Functor::Infix(op) => (format!("{} {op} {}", args[0], args[1]), None),
        Functor::Prefix(op) => (format!("{op}({})", args[0]), None),
        // A builtin whose condition comes last.
        Functor::Lib("select") => (format!("select({}, {}, {})", args[2], args[1], args[0]), None),
        Functor::Builtin(f) => (format!("{f}({})", args.join(", ")), None),
        Functor::Lib(f) => (format!("{f}({})", args.join(", ")), Some(f)),
    };
    let bool_result = row.outcome == Outcome::Bool || d == DType::Bool;
    let (zero, one) = if width == 1 {
        ("0u".into(), "1u".into())
    } else {
        (format!("vec{width}(0u)"), format!("vec{width}(1u)"))
    };
    let value = if bool_result { format!("select({zero}, {one}, {value})") } else { value };
    let store = if width == 1 {
        "out[i] = y;".to_string()
    } else {
        (0..width).map(|lane| format!("out[i * {width}u + {lane}u] = y[{lane}];")).collect()
    };
    let inputs: Vec<&str> =
        (0..row.arity).map(|k| if k < row.leading_bools { "u32" } else { scalar(d) }).collect();
    let result = if bool_result { "u32" } else { scalar(d) };
    Ok(kernel(&source_of(lib.as_slice())?, &inputs, result, width, &format!("let y = {value}; {store}")))
}

/// A kernel over `library` with inputs `x0`, `x1` ... and result `out`, arrays of the named types; `body` handles place `i`, one of
/// `width` elements.
pub fn kernel(library: &str, inputs: &[&str], result: &str, width: usize, body: &str) -> String {
    let mut text = String::from(library);
    for (k, t) in inputs.iter().enumerate() {
        text += &format!("@group(0) @binding({k}) var<storage, read> x{k}: array<{t}>;\n");
    }
    text += &format!(
        "@group(0) @binding({}) var<storage, read_write> out: array<{result}>;\n\
         @compute @workgroup_size(64)\n\
         fn main(@builtin(global_invocation_id) id: vec3<u32>) {{\n    \
         let i = id.x;\n    if (i * {width}u >= arrayLength(&out)) {{ return; }}\n    {body}\n}}\n",
        inputs.len()
    );
    text
}

/// Validates WGSL and translates it to SPIR-V, MSL and HLSL.
///
/// # Errors
/// The first complaint.
pub fn translate(source: &str) -> Result<(), String> {
    let module = naga::front::wgsl::parse_str(source).map_err(|e| e.emit_to_string(source))?;
    // What needs subgroups is for devices that have them.
    let subgroups = source.contains("subgroup");
    let capabilities = if subgroups { Capabilities::SUBGROUP } else { Capabilities::empty() };
    let info = Validator::new(ValidationFlags::all(), capabilities)
        .validate(&module)
        .map_err(|e| e.emit_to_string(source))?;
    let mut spirv = spv::Options::default();
    let mut options = hlsl::Options::default();
    if subgroups {
        spirv.lang_version = (1, 3);
        options.shader_model = hlsl::ShaderModel::V6_0;
    }
    spv::write_vec(&module, &info, &spirv, None).map_err(|e| format!("SPIR-V: {e}"))?;
    msl::write_string(&module, &info, &msl::Options::default(), &msl::PipelineOptions::default())
        .map_err(|e| format!("MSL: {e}"))?;
    let pipeline = hlsl::PipelineOptions::default();
    let mut text = String::new();
    hlsl::Writer::new(&mut text, &options, &pipeline)
        .write(&module, &info, None)
        .map_err(|e| format!("HLSL: {e}"))?;
    Ok(())
}
