//! Dense layers along any dimensions.

use super::super::support::float_input;
use crate::error::{Error, Result};
use crate::keras::activations::Activation;
use crate::keras::base::{Call, Checked, KernelAndBias, Layer, configured, layer};
use crate::keras::object::Setting;
use crate::ops::{linalg, math};
use crate::shape::Shape;
use crate::tensor::Tensor;
use serde_json::Value;

/// The shape of an output without its batch, in which sizes that follow from the input may be missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputShape(pub Vec<Option<usize>>);

impl From<usize> for OutputShape {
    fn from(n: usize) -> Self {
        OutputShape(vec![Some(n)])
    }
}

impl<const N: usize> From<[usize; N]> for OutputShape {
    fn from(sizes: [usize; N]) -> Self {
        OutputShape(sizes.iter().map(|&n| Some(n)).collect())
    }
}

impl<const N: usize> From<[Option<usize>; N]> for OutputShape {
    fn from(sizes: [Option<usize>; N]) -> Self {
        OutputShape(sizes.to_vec())
    }
}

impl Checked for OutputShape {
    fn check(&self) -> Result<()> {
        if self.0.contains(&Some(0)) {
            let received = format!("{:?}", self.0);
            return Err(Error::invalid("layer", "output_shape", "positive sizes or None", received));
        }
        Ok(())
    }
}

impl Setting for OutputShape {
    const WANTED: &'static str = "a size, or a list of sizes, null where they follow from the input";
    fn read(v: &Value) -> Option<Self> {
        if let Some(n) = v.as_u64() {
            return Some(OutputShape(vec![Some(n as usize)]));
        }
        let size = |v: &Value| if v.is_null() { Some(None) } else { v.as_u64().map(|n| Some(n as usize)) };
        v.as_array()?.iter().map(size).collect::<Option<_>>().map(OutputShape)
    }
    fn write(&self) -> Value {
        self.0.iter().map(|n| n.map_or(Value::Null, Value::from)).collect()
    }
}

layer! {
    /// A dense layer whose products are those of an einsum (`keras.layers.EinsumDense`): `activation(einsum(equation, x, kernel) + bias)`.
    ///
    /// The equation has the form `ab,bc->ac`, `...ab,bc->...ac` or `ab...,bc->ac...`: the input's dimensions, the kernel's, the output's.
    /// Weights: `kernel`, of the sizes that its letters have in the output, or else in the input; `bias`, of the sizes of `bias_axes`, and 1
    /// for other dimensions of the output behind the first of them.
    ///
    /// ```
    /// use wgflow::{ops::array, DType, keras::{Layer, layers::EinsumDense}};
    /// let layer = EinsumDense::new("abc,cde->abde", [None, Some(2), Some(4)]).bias_axes("de").node();
    /// let y = layer.call(&array::ones([5, 7, 3], DType::Float32)?, false)?;
    /// assert_eq!(y.shape().to_string(), "(5, 7, 2, 4)");
    /// # Ok::<(), wgflow::Error>(())
    /// ```
    EinsumDense(
        /// What is multiplied and summed.
        equation: into String,
        /// Shape of the output without the batch and without what `...` stands for.
        output_shape: into OutputShape,
    ) {
        /// Applied to the result.
        activation: into Activation = "linear",
        /// Letters of the output's dimensions that the bias has; no bias without them.
        bias_axes: maybe String,
    } weights fixed { quantization_config: null }
}

const CLASS: &str = "EinsumDense";

impl Layer for EinsumDense {
    configured!(with | s | Parts::of(&s.equation).map(|_| ()));

    fn call(&self, c: &mut Call, x: &Tensor) -> Result<Tensor> {
        let shapes = self.weights(x.shape())?;
        let kernel = self.kernel_spec("kernel", shapes.kernel);
        let kernel = c.weight_with(kernel.drawn_along(false, shapes.input_axes, shapes.output_axes))?;
        let x = float_input(x, c.compute_dtype())?;
        let mut y = linalg::einsum(&self.equation, &[&x, &kernel])?;
        if let Some(shape) = shapes.bias {
            let bias = c.weight_with(self.bias_spec("bias", shape))?;
            y = math::add(y, bias)?;
        }
        self.activation.call(&y)
    }

    fn supports_masking(&self) -> bool {
        true
    }
}

/// An equation's parts, and which side its dots stand on.
struct Parts<'a> {
    input: &'a str,
    kernel: &'a str,
    output: &'a str,
    dots: Dots,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Dots {
    None,
    Left,
    Right,
}

impl<'a> Parts<'a> {
    fn of(equation: &'a str) -> Result<Self> {
        let refuse = || {
            let wanted = "the form [X],[Y]->[Z], ...[X],[Y]->...[Z] or [X]...,[Y]->[Z]...";
            Error::invalid(CLASS, "equation", wanted, format_args!("{equation:?}"))
        };
        let (operands, output) = equation.split_once("->").ok_or_else(refuse)?;
        let (input, kernel) = operands.split_once(',').ok_or_else(refuse)?;
        let letters = |s: &str| !s.is_empty() && s.chars().all(|c| c.is_ascii_alphabetic());
        let left = |s: &'a str| s.strip_prefix("...");
        let right = |s: &'a str| s.strip_suffix("...");
        let (input, output, dots) = match (left(input), left(output), right(input), right(output)) {
            (Some(i), Some(o), _, _) => (i, o, Dots::Left),
            (_, _, Some(i), Some(o)) => (i, o, Dots::Right),
            _ => (input, output, Dots::None),
        };
        let good = [input, kernel, output].iter().all(|s| letters(s));
        if good { Ok(Parts { input, kernel, output, dots }) } else { Err(refuse()) }
    }
}

/// The shapes of the weights.
struct Weights {
    kernel: Shape,
    bias: Option<Shape>,
    input_axes: Vec<i64>,
    output_axes: Vec<i64>,
}

impl EinsumDense {
    fn weights(&self, x: &Shape) -> Result<Weights> {
        let p = Parts::of(&self.equation)?;
        let rank = p.input.len();
        let elided = x.rank().checked_sub(rank).filter(|n| *n == 0 || p.dots != Dots::None);
        let Some(elided) = elided else {
            let wanted = format!("an input of {rank} dimensions for {:?}", self.equation);
            return Err(Error::invalid(CLASS, "inputs", wanted, format_args!("shape {x}")));
        };
        let skip = if p.dots == Dots::Left { elided } else { 0 };
        let of_input = |c: char| p.input.find(c).map(|i| x[i + skip]);
        // The output with its batch and what dots stand for.
        let mut output: Vec<Option<usize>> = vec![x.first().copied()];
        match p.dots {
            Dots::Left => output.extend((1..elided).map(|i| Some(x[i]))),
            Dots::Right | Dots::None => {}
        }
        output.extend(&self.output_shape.0);
        let of_output = |c: char| -> Option<usize> {
            let at = p.output.find(c)?;
            output.get(at + skip).copied().flatten().or_else(|| of_input(c))
        };
        let fits = |c: char| match (of_input(c), of_output(c)) {
            (Some(i), Some(o)) => i == o,
            _ => true,
        };
        if output.len() != p.output.len() + skip || !p.output.chars().all(fits) {
            let wanted = format!("sizes of {} behind the batch, as the input {x} has them", p.output);
            return Err(Error::invalid(
                CLASS,
                "output_shape",
                wanted,
                format_args!("{:?}", self.output_shape.0),
            ));
        }
        let missing = |c: char| {
            let wanted = "letters of the kernel that the output or the input has, with known sizes";
            Error::invalid(CLASS, "equation", wanted, format_args!("{c:?} in {:?}", self.equation))
        };
        let (mut kernel, mut input_axes, mut output_axes) = (vec![], vec![], vec![]);
        for (i, c) in p.kernel.chars().enumerate() {
            let (axes, size) = if p.output.contains(c) {
                (&mut output_axes, of_output(c))
            } else {
                (&mut input_axes, of_input(c))
            };
            axes.push(i as i64);
            kernel.push(size.ok_or_else(|| missing(c))?);
        }
        let bias = match &self.bias_axes {
            None => None,
            Some(axes) => {
                let first = axes.chars().filter_map(|c| p.output.find(c)).min();
                let known = axes.chars().all(|c| p.output.contains(c));
                let Some(first) = first.filter(|_| known) else {
                    let wanted = format!("letters of {}", p.output);
                    return Err(Error::invalid(CLASS, "bias_axes", wanted, format_args!("{axes:?}")));
                };
                let size =
                    |c: char| if axes.contains(c) { of_output(c).ok_or_else(|| missing(c)) } else { Ok(1) };
                let mut shape = p.output[first..].chars().map(size).collect::<Result<Vec<_>>>()?;
                if p.dots == Dots::Right {
                    shape.resize(shape.len() + elided, 1);
                }
                Some(shape.into())
            }
        };
        Ok(Weights { kernel: kernel.into(), bias, input_axes, output_axes })
    }
}
