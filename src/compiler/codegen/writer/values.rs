//! Values of a scalar program as WGSL expressions.

use super::{Names, Scope, Writer, is_size, literal, ty_name, widths, zero_of};
use crate::compiler::codegen::Word;
use crate::compiler::index::{Index, Lanes};
use crate::compiler::scalar::{Body, SOp, SVal, Ty};
use crate::dtype::DType;
use crate::hlo::Ew;
use crate::hlo::rows::Functor;

impl Writer<'_> {
    /// A value's expression in the width that is asked for.
    pub(in crate::compiler::codegen) fn get(
        &self,
        body: &Body,
        v: SVal,
        wide: bool,
        names: &Names,
    ) -> String {
        let (text, is_wide) = names.known.get(&v).cloned().unwrap_or_default();
        if wide && !is_wide { format!("{}({text})", ty_name(body.inst(v).ty, true)) } else { text }
    }

    /// Writes the statements of all `needed` values that are not known yet and that `belongs` lets in.
    pub(in crate::compiler::codegen) fn values(
        &mut self,
        body: &Body,
        needed: &[bool],
        scope: &Scope,
        names: &mut Names,
        prefix: &str,
        belongs: &dyn Fn(SVal) -> bool,
    ) {
        let widths = widths(body, scope);
        for k in 0..body.insts.len() {
            let v = SVal(k as u32);
            if !needed[k] || names.known.contains_key(&v) || !belongs(v) {
                continue;
            }
            let inst = body.inst(v);
            if let SOp::Constant(bits) = inst.op {
                if is_size(inst.ty, bits) {
                    let word = self.word(Word::Const(bits));
                    let text = if inst.ty == Ty::U32 {
                        word
                    } else {
                        format!("bitcast<{}>({word})", ty_name(inst.ty, false))
                    };
                    names.set(v, text, false);
                    continue;
                }
                if literal(inst.ty, bits).starts_with("bits_f32") {
                    self.needs_bits();
                }
                names.set(v, literal(inst.ty, bits), false);
                continue;
            }
            let wide = widths[k];
            let text = self.expression(body, v, wide, scope, names);
            let name = format!("{prefix}{k}");
            self.line(format!("let {name} = {text};"));
            names.set(v, name, wide);
        }
    }

    /// Declares the function that makes floats of bits.
    pub(in crate::compiler::codegen) fn needs_bits(&mut self) {
        if !self.module.contains("fn bits_f32") {
            // Through run-time data, so that no compiler sees an infinite or undefined constant.
            self.module.push_str("fn bits_f32(b: u32) -> f32 { return bitcast<f32>(b ^ p.zero.x); }\n");
        }
    }

    fn expression(&mut self, body: &Body, v: SVal, wide: bool, scope: &Scope, names: &Names) -> String {
        let inst = body.inst(v);
        let args: Vec<String> = inst.args.iter().map(|&a| self.get(body, a, wide, names)).collect();
        match &inst.op {
            SOp::Scalar(n) => {
                let w = self.word(Word::Scalar(*n));
                match inst.ty {
                    Ty::U32 => w,
                    Ty::Bool => format!("({w} != 0u)"),
                    ty => format!("bitcast<{}>({w})", ty_name(ty, false)),
                }
            }
            SOp::Index(i) => self.index_value(i, wide, scope, names),
            SOp::Load { buffer, index, mask } => {
                self.load(body, *buffer, index, *mask, inst.ty, wide, scope, names)
            }
            SOp::Row(e) => self.row(*e, body.inst(*inst.args.last().unwrap_or(&v)).ty, inst.ty, wide, &args),
            SOp::Convert { from, to } => self.convert(*from, *to, wide, &args[0]),
            SOp::Bitcast => format!("bitcast<{}>({})", ty_name(inst.ty, wide), args[0]),
            SOp::Narrow(d) => self.narrow(*d, wide, &args[0]),
            SOp::Philox { index } => self.philox(index, wide, &args, scope, names),
            SOp::Constant(bits) => literal(inst.ty, *bits),
            // Both are given names by whoever writes the kernel around the program.
            SOp::Reduced(n) => format!("r{n}"),
            SOp::Accumulator => "acc".into(),
        }
    }

    fn index_value(&mut self, i: &Index, wide: bool, scope: &Scope, names: &Names) -> String {
        if !wide {
            return format!("i32({})", self.index(i, scope, names, None));
        }
        let lanes: Vec<String> = (0..4).map(|l| self.index_of_lane(i, l, scope, names)).collect();
        format!("vec4<i32>(vec4<u32>({}))", lanes.join(", "))
    }

    fn index_of_lane(&mut self, i: &Index, lane: usize, scope: &Scope, names: &Names) -> String {
        self.index(i, scope, names, Some(lane))
    }

    fn row(&mut self, e: Ew, operand: Ty, result: Ty, wide: bool, args: &[String]) -> String {
        if e == Ew::Select {
            return format!("select({}, {}, {})", args[2], args[1], args[0]);
        }
        match e.row().wgsl(operand.dtype()) {
            Some(Functor::Infix(op)) => format!("({} {op} {})", args[0], args[1]),
            Some(Functor::Prefix(op)) => format!("({op}{})", args[0]),
            Some(Functor::Builtin(f)) => format!("{f}({})", args.join(", ")),
            Some(Functor::Lib(f)) => self.call(f, args, operand, result, wide),
            None => format!("{}()", e.row().name),
        }
    }

    /// A call of a library function, through a wrapper where it is four wide.
    pub(in crate::compiler::codegen) fn call(
        &mut self,
        f: &'static str,
        args: &[String],
        operand: Ty,
        result: Ty,
        wide: bool,
    ) -> String {
        self.uses(f);
        if wide {
            self.wrappers.insert(f, (args.len(), operand, result));
            format!("{f}_4({})", args.join(", "))
        } else {
            format!("{f}({})", args.join(", "))
        }
    }

    fn convert(&mut self, from: DType, to: DType, wide: bool, x: &str) -> String {
        let (a, b) = (Ty::of(from), Ty::of(to));
        let one = |ty: Ty| {
            if wide { format!("{}(1)", ty_name(ty, true)) } else { format!("{}(1)", ty_name(ty, false)) }
        };
        match (a, b) {
            (Ty::Bool, ty) => format!("select({}, {}, {x})", zero_of(ty, wide), one(ty)),
            (ty, Ty::Bool) if ty == Ty::F32 => {
                self.row(Ew::Ne, ty, Ty::Bool, wide, &[x.into(), zero_of(ty, wide)])
            }
            (ty, Ty::Bool) => format!("({x} != {})", zero_of(ty, wide)),
            (Ty::F32, Ty::I32) => self.call("to_i32", &[x.into()], Ty::F32, Ty::I32, wide),
            (Ty::F32, Ty::U32) => self.call("to_u32", &[x.into()], Ty::F32, Ty::U32, wide),
            (_, ty) => format!("{}({x})", ty_name(ty, wide)),
        }
    }

    fn narrow(&mut self, d: DType, wide: bool, x: &str) -> String {
        let c = |n: u32| if wide { format!("vec4<u32>({n}u)") } else { format!("{n}u") };
        match d {
            DType::Float16 => self.call("round_f16", &[x.into()], Ty::F32, Ty::F32, wide),
            DType::BFloat16 => self.call("round_bf16", &[x.into()], Ty::F32, Ty::F32, wide),
            DType::Int8 => format!("(({x} << {}) >> {})", c(24), c(24)),
            DType::Int16 => format!("(({x} << {}) >> {})", c(16), c(16)),
            DType::UInt8 => format!("({x} & {})", c(255)),
            DType::UInt16 => format!("({x} & {})", c(65535)),
            _ => x.into(),
        }
    }

    fn philox(&mut self, index: &Index, wide: bool, args: &[String], scope: &Scope, names: &Names) -> String {
        self.uses("philox");
        self.uses("philox_skip");
        let scalar = |a: &String| if wide { format!("{a}.x") } else { a.clone() };
        let a: Vec<String> = args.iter().map(scalar).collect();
        let (key, counter) =
            (format!("vec2<u32>({}, {})", a[0], a[1]), format!("vec4<u32>({})", a[2..6].join(", ")));
        let block = |at: &str| format!("philox({key}, philox_skip({counter}, ({at}) >> 2u))");
        if !wide {
            let at = self.index(index, scope, names, None);
            return format!("{}[({at}) & 3u]", block(&at));
        }
        let var = scope.vector.unwrap_or(0);
        if index.lanes(var, &|v| names.known.get(&v).is_some_and(|n| n.1)) == Lanes::Linear(1)
            && index.is_aligned(var)
        {
            let at = self.index(index, scope, names, None);
            return block(&at);
        }
        let lanes: Vec<String> = (0..4)
            .map(|l| {
                let at = self.index_of_lane(index, l, scope, names);
                format!("{}[({at}) & 3u]", block(&at))
            })
            .collect();
        format!("vec4<u32>({})", lanes.join(", "))
    }
}
