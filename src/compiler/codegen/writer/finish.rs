//! The whole text of a launch: bindings, parameters, library functions, entry point.

use super::{Access, Writer, ty_name};
use crate::compiler::codegen::{Bound, Launch, Word};
use crate::compiler::shader_lib;
use crate::dtype::Storage;
use std::fmt::Write;

impl Writer<'_> {
    /// The launch: bindings, library, wrappers, entry point. `head` declares the entry point's attributes and builtins.
    pub(in crate::compiler::codegen) fn finish(
        mut self,
        workgroup: &str,
        builtins: &str,
        grid: [u32; 3],
    ) -> Launch {
        let mut text = String::new();
        let mut bindings = vec![];
        for (k, b) in self.kernel.buffers.iter().enumerate() {
            let Some(access) = self.access[k] else { continue };
            let mode = if self.written[k] { "read_write" } else { "read" };
            let quad = access == Access::Quad && !b.storage.is_packed();
            let element =
                if quad { format!("vec4<{}>", element(b.storage)) } else { element(b.storage).to_string() };
            let _ = writeln!(
                text,
                "@group(0) @binding({}) var<storage, {mode}> b{k}: array<{element}>;",
                bindings.len()
            );
            let window = self.chunk.windows[k].as_ref().map(|w| {
                let size = b.storage.bytes() as u64;
                (w.start as u64 * size, w.len() as u64 * size)
            });
            bindings.push(Bound::Buffer { number: k as u16, written: self.written[k], window });
        }
        if self.errors {
            let _ = writeln!(
                text,
                "@group(0) @binding({}) var<storage, read_write> errors: array<atomic<u32>>;",
                bindings.len()
            );
            bindings.push(Bound::Errors);
        }
        let zero = self.module.contains("p.zero");
        if zero {
            // The word of zeros stands behind the numbers.
            while !self.params.len().is_multiple_of(4) {
                self.params.push(Word::Const(0));
            }
        }
        let vectors = self.params.len().div_ceil(4).max(1);
        let zero_field = if zero { ", zero: vec4<u32>" } else { "" };
        let _ = writeln!(text, "struct Params {{ v: array<vec4<u32>, {vectors}>{zero_field} }}");
        let _ = writeln!(text, "@group(0) @binding({}) var<uniform> p: Params;", bindings.len());
        if zero {
            self.params.resize(vectors * 4 + 4, Word::Const(0));
        }
        self.params.resize(self.params.len().next_multiple_of(4).max(4), Word::Const(0));
        let names: Vec<&str> = self.lib.iter().copied().collect();
        text.push_str(&library(&names));
        for (f, (n, operand, result)) in &self.wrappers {
            let params: Vec<String> = (0..*n).map(|k| format!("x{k}: {}", ty_name(*operand, true))).collect();
            let call = |l: usize| {
                format!("{f}({})", (0..*n).map(|k| format!("x{k}[{l}]")).collect::<Vec<_>>().join(", "))
            };
            let calls: Vec<String> = (0..4).map(call).collect();
            let wide = ty_name(*result, true);
            let _ = writeln!(
                text,
                "fn {f}_4({}) -> {wide} {{ return {wide}({}); }}",
                params.join(", "),
                calls.join(", ")
            );
        }
        text.push_str(&self.module);
        let main = once(self.main, vectors);
        let _ = writeln!(text, "@compute @workgroup_size({workgroup})\nfn main({builtins}) {{\n{main}}}");
        Launch { wgsl: text, bindings, params: self.params, grid }
    }
}

/// The entry point's text with each vector of parameters read once, before all loops: software drivers read what stands in a loop on every
/// trip. No grid has a third dimension, so the factor is 1; it keeps lavapipe from writing another shader for each size, which it does at
/// every launch where a loop's end is a parameter and nothing else (1.5 ms for a matrix product).
fn once(mut main: String, vectors: usize) -> String {
    let mut reads = String::new();
    for k in 0..vectors {
        let vector = format!("p.v[{k}].");
        if main.contains(&vector) {
            let _ = writeln!(reads, "  let sizes{k} = p.v[{k}] * groups.z;");
            main = main.replace(&vector, &format!("sizes{k}."));
        }
    }
    reads + &main
}

/// The library's functions of these names with all they call. Tests make sure that the library has whatever rows and writers name.
fn library(names: &[&str]) -> String {
    shader_lib::source_of(names).unwrap_or_default()
}

fn element(storage: Storage) -> &'static str {
    match storage {
        Storage::F32 => "f32",
        Storage::I32 => "i32",
        Storage::C64 => "vec2<f32>",
        _ => "u32",
    }
}
