//! Loads from and stores to buffers, packed ones too.

use super::{Access, Names, Scope, Writer, is_quad, ty_name, zero_of};
use crate::compiler::codegen::Word;
use crate::compiler::index::{Index, Lanes};
use crate::compiler::kernel::Store;
use crate::compiler::scalar::{Body, SVal, Ty};
use crate::dtype::Storage;

impl Writer<'_> {
    #[expect(clippy::too_many_arguments, reason = "the parts of one load")]
    pub(super) fn load(
        &mut self,
        body: &Body,
        buffer: u16,
        index: &Index,
        mask: Option<SVal>,
        ty: Ty,
        wide: bool,
        scope: &Scope,
        names: &Names,
    ) -> String {
        let storage = self.kernel.buffers[buffer as usize].storage;
        let quad = wide && is_quad(self.kernel, buffer, body, index, scope);
        let mask_wide = mask.is_some_and(|m| names.known.get(&m).is_some_and(|n| n.1));
        if !wide {
            let at = self.address(buffer, index, scope, names, None);
            return self.masked_single(
                buffer,
                storage,
                ty,
                &at,
                mask.map(|m| self.get(body, m, false, names)),
            );
        }
        if quad && !mask_wide {
            let at = self.address(buffer, index, scope, names, None);
            let (text, zero) = match mask {
                None => (at, None),
                Some(m) => {
                    let m = self.get(body, m, false, names);
                    (format!("select(0u, {at}, {m})"), Some(m))
                }
            };
            let loaded = self.quad(buffer, storage, ty, &text);
            return match zero {
                None => loaded,
                Some(m) => format!("select({}, {loaded}, vec4<bool>({m}))", zero_of(ty, true)),
            };
        }
        let lanes: Vec<String> = (0..4)
            .map(|l| {
                let at = self.address(buffer, index, scope, names, Some(l));
                let mask = mask.map(|m| {
                    let text = self.get(body, m, false, names);
                    if mask_wide { format!("{text}[{l}]") } else { text }
                });
                self.masked_single(buffer, storage, ty, &at, mask)
            })
            .collect();
        format!("{}({})", ty_name(ty, true), lanes.join(", "))
    }

    fn masked_single(
        &mut self,
        buffer: u16,
        storage: Storage,
        ty: Ty,
        at: &str,
        mask: Option<String>,
    ) -> String {
        match mask {
            None => self.single(buffer, storage, ty, at),
            Some(m) => {
                let loaded = self.single(buffer, storage, ty, &format!("select(0u, {at}, {m})"));
                format!("select({}, {loaded}, {m})", zero_of(ty, false))
            }
        }
    }

    /// Where an element of a buffer is: its index, inside of the trip's slice where the buffer is stacked, inside of the window where only
    /// one is bound.
    fn address(
        &mut self,
        buffer: u16,
        i: &Index,
        scope: &Scope,
        names: &Names,
        lane: Option<usize>,
    ) -> String {
        let mut at = self.index(i, scope, names, lane);
        let b = &self.kernel.buffers[buffer as usize];
        if b.stacked {
            at = format!("{at} + {}", self.word(Word::Slice(b.len as u32)));
        }
        if let Some(window) = &self.chunk.windows[buffer as usize] {
            at = format!("{at} - {}", self.size(window.start));
        }
        at
    }

    /// One element at a u32 index.
    fn single(&mut self, buffer: u16, storage: Storage, ty: Ty, at: &str) -> String {
        let b = format!("b{buffer}");
        match storage {
            Storage::F32 | Storage::I32 | Storage::U32
                if self.access[buffer as usize] == Some(Access::Quad) =>
            {
                format!("{b}[({at}) >> 2u][({at}) & 3u]")
            }
            Storage::F32 | Storage::I32 | Storage::U32 | Storage::C64 => format!("{b}[{at}]"),
            Storage::F16 => {
                self.uses("unpack_f16");
                format!("unpack_f16({b}[({at}) >> 1u])[({at}) & 1u]")
            }
            Storage::BF16 => {
                self.uses("unpack_bf16");
                format!("unpack_bf16({b}[({at}) >> 1u])[({at}) & 1u]")
            }
            Storage::U8 => {
                let byte = format!("(({b}[({at}) >> 2u] >> ((({at}) & 3u) * 8u)) & 255u)");
                if ty == Ty::Bool { format!("({byte} != 0u)") } else { byte }
            }
            Storage::I8 => format!("(bitcast<i32>({b}[({at}) >> 2u] << (24u - (({at}) & 3u) * 8u)) >> 24u)"),
        }
    }

    /// Four elements from an aligned u32 index on.
    fn quad(&mut self, buffer: u16, storage: Storage, ty: Ty, at: &str) -> String {
        let b = format!("b{buffer}");
        let single = self.access[buffer as usize] == Some(Access::Single);
        match storage {
            Storage::F32 | Storage::I32 | Storage::U32 if single => {
                let parts: Vec<String> = (0..4)
                    .map(|l| if l == 0 { format!("{b}[{at}]") } else { format!("{b}[{at} + {l}u]") })
                    .collect();
                format!("{}({})", ty_name(ty, true), parts.join(", "))
            }
            Storage::F32 | Storage::I32 | Storage::U32 => format!("{b}[({at}) >> 2u]"),
            Storage::F16 | Storage::BF16 => {
                let f = if storage == Storage::F16 { "unpack_f16" } else { "unpack_bf16" };
                self.uses(f);
                format!("vec4<f32>({f}({b}[({at}) >> 1u]), {f}({b}[(({at}) >> 1u) + 1u]))")
            }
            Storage::U8 => {
                self.uses("unpack_u8");
                let bytes = format!("unpack_u8({b}[({at}) >> 2u])");
                if ty == Ty::Bool { format!("({bytes} != vec4<u32>(0u))") } else { bytes }
            }
            Storage::I8 => {
                self.uses("unpack_i8");
                format!("unpack_i8({b}[({at}) >> 2u])")
            }
            Storage::C64 => format!("{b}[{at}]"),
        }
    }

    /// Stores four neighbouring elements, or one.
    pub(in crate::compiler::codegen) fn store(
        &mut self,
        body: &Body,
        s: &Store,
        scope: &Scope,
        names: &Names,
    ) {
        let (b, storage) = (s.buffer, self.kernel.buffers[s.buffer as usize].storage);
        // Packed elements are written by whole groups, a single one too.
        let wide = storage.is_packed() || scope.vector.is_some_and(|v| s.index.depends_on(v));
        let value = self.get(body, s.value, wide, names);
        let ty = body.inst(s.value).ty;
        let at = self.address(b, &s.index, scope, names, None);
        if !wide {
            let value = to_stored(&value, ty, false);
            return self.line(format!("b{b}[{at}] = {value};"));
        }
        let single = self.access[b as usize] == Some(Access::Single);
        match storage {
            Storage::F32 | Storage::I32 | Storage::U32 | Storage::C64
                if single
                    && scope.vector.is_some_and(|v| body.index_lanes(&s.index, v) != Lanes::Linear(1)) =>
            {
                // Neighbouring elements of a part that may be in several rows of the whole.
                let lanes = scope.lanes.clone().unwrap_or_default();
                for l in 0..4 {
                    let at = self.address(b, &s.index, scope, names, Some(l));
                    let store = format!("b{b}[{at}] = ({value})[{l}];");
                    self.line(match l {
                        0 => store,
                        _ => format!("if ({lanes}[{l}] != {lanes}[{}]) {{ {store} }}", l - 1),
                    });
                }
            }
            Storage::F32 | Storage::I32 | Storage::U32 | Storage::C64 if single => {
                self.line("{");
                self.line(format!("let s{b} = {value};"));
                self.line(format!("let a{b} = {at};"));
                self.line(format!("b{b}[a{b}] = s{b}[0];"));
                let lanes = scope.lanes.clone().unwrap_or_default();
                for l in 1..4 {
                    // Lanes past the end repeat the last place.
                    self.line(format!(
                        "if ({lanes}[{l}] != {lanes}[{}]) {{ b{b}[a{b} + {l}u] = s{b}[{l}]; }}",
                        l - 1
                    ));
                }
                self.line("}");
            }
            Storage::F32 | Storage::I32 | Storage::U32 | Storage::C64 => {
                self.line(format!("b{b}[({at}) >> 2u] = {};", to_stored(&value, ty, true)));
            }
            Storage::F16 | Storage::BF16 => {
                let f = if storage == Storage::F16 { "pack_f16" } else { "pack_bf16" };
                self.uses(f);
                self.line(format!("let s{b} = {value};"));
                self.line(format!("let a{b} = ({at}) >> 1u;"));
                self.line(format!("b{b}[a{b}] = {f}(s{b}.xy);"));
                self.line(format!("b{b}[a{b} + 1u] = {f}(s{b}.zw);"));
            }
            Storage::U8 | Storage::I8 => {
                let f = if storage == Storage::U8 { "pack_u8" } else { "pack_i8" };
                self.uses(f);
                let value = to_stored(&value, ty, true);
                self.line(format!("b{b}[({at}) >> 2u] = {f}({value});"));
            }
        }
    }
}

/// A register value as its storage has it.
fn to_stored(value: &str, ty: Ty, wide: bool) -> String {
    match ty {
        Ty::Bool => format!(
            "select({}, {}, {value})",
            zero_of(Ty::U32, wide),
            if wide { "vec4<u32>(1u)" } else { "1u" }
        ),
        _ => value.into(),
    }
}
