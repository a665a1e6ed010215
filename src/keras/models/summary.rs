//! What a model looks like.

use super::functional::Functional;
use super::graph::Graph;
use super::model::Model;
use super::sequential::Chain;
use super::table::{Align, Column, render};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::keras::base::AnyLayer;
use crate::keras::utils::print_msg;
use crate::shape::PartialShape;
use crate::tensor::Variable;

/// How [`Model::summary_text`] shows a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Cells of a line; by default as wide as the terminal allows: what COLUMNS says, or 80.
    pub line_length: Option<usize>,
    /// Whether the layers of models in the model are listed.
    pub expand_nested: bool,
    /// Whether it says which layers are trained.
    pub show_trainable: bool,
}

impl Model {
    /// Prints the layers, the shapes of their outputs and the numbers of their weights.
    ///
    /// # Errors
    /// `Unavailable` when standard output cannot be written.
    pub fn summary(&self) -> Result<()> {
        print_msg(&self.summary_text(&Summary::default())?)
    }

    /// What [`Model::summary`] prints.
    ///
    /// ```
    /// use wgflow::keras::{Layer, Sequential, Summary, input, layers::Dense};
    /// let model = Sequential::named("line", wgflow::layers![input([3]), Dense::new(1).named("out")])?;
    /// let text = model.summary_text(&Summary { line_length: Some(50), ..Summary::default() })?;
    /// assert_eq!(text.lines().next(), Some("Model: \"line\""));
    /// assert!(text.contains("│ out (Dense)"), "{text}");
    /// assert!(text.ends_with(" Non-trainable params: 0 (0.00 B)\n"));
    /// # Ok::<(), wgflow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` for a line too short for a table.
    pub fn summary_text(&self, options: &Summary) -> Result<String> {
        let graph = Functional::of(self).map(|f| &f.graph).filter(|g| !g.is_chain);
        let (mut names, mut positions, mut width) = match graph {
            None => (vec![LAYER, SHAPE, PARAMS], vec![0.45, 0.80, 1.0], 88),
            Some(_) => (vec![LAYER, SHAPE, PARAMS, CONNECTED], vec![0.3, 0.56, 0.74, 1.0], 108),
        };
        if options.show_trainable {
            width += 12;
            positions.iter_mut().for_each(|p| *p *= 0.9);
            positions.push(1.0);
            names.push(("Trainable", Align::Center));
        }
        let columns = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok()).unwrap_or(80_usize);
        let width = options.line_length.unwrap_or(width.min(columns.saturating_sub(4)));
        let mut table = vec![];
        let mut at = 0;
        for ((name, align), position) in names.into_iter().zip(positions) {
            let end = (position * width as f64) as usize;
            if end < at + 4 {
                return Err(Error::invalid("Model.summary", "line_length", "enough room for a table", width));
            }
            table.push(Column { name, width: end - at, align });
            at = end;
        }
        let mut rows = vec![];
        for layer in &self.layers() {
            add_rows(&mut rows, layer, graph, options, 0);
        }
        let mut out = format!("Model: \"{}\"\n", self.name());
        out += &render(&table, &rows, width);
        out += &self.totals()?;
        Ok(out)
    }

    fn totals(&self) -> Result<String> {
        let trained = Size::of(&self.trainable_weights());
        let fixed = Size::of(&self.non_trainable_weights());
        let optimizer = match self.optimizer() {
            Ok(o) if o.built() => Some(Size::of(&o.variables()?)),
            _ => None,
        };
        let total = trained.plus(fixed).plus(optimizer.unwrap_or_default());
        let line = |what: &str, s: Size| format!(" {what}: {} ({})\n", grouped(s.count), readable(s.bytes));
        let mut out = line("Total params", total);
        out += &line("Trainable params", trained);
        out += &line("Non-trainable params", fixed);
        if let Some(size) = optimizer {
            out += &line("Optimizer params", size);
        }
        Ok(out)
    }
}

const LAYER: (&str, Align) = ("Layer (type)", Align::Left);
const SHAPE: (&str, Align) = ("Output Shape", Align::Left);
const PARAMS: (&str, Align) = ("Param #", Align::Right);
const CONNECTED: (&str, Align) = ("Connected to", Align::Left);

fn add_rows(
    rows: &mut Vec<Vec<String>>,
    layer: &AnyLayer,
    graph: Option<&Graph>,
    options: &Summary,
    level: usize,
) {
    let prefix = if level > 0 { format!("{}└ ", "   ".repeat(level)) } else { String::new() };
    let weights = layer.weights();
    let params = if layer.built() { grouped(Size::of(&weights).count) } else { "0 (unbuilt)".into() };
    let mut row =
        vec![format!("{prefix}{} ({})", layer.name(), layer.layer().summary_name()), shape_of(layer), params];
    if let Some(graph) = graph {
        row.push(connections(graph, layer));
    }
    if options.show_trainable {
        let mark = match (weights.is_empty(), layer.trainable()) {
            (true, _) => "-",
            (false, true) => "Y",
            (false, false) => "N",
        };
        row.push(mark.into());
    }
    rows.push(row);
    if options.expand_nested {
        let nested = match (Chain::of(layer), Functional::of(layer)) {
            (Some(chain), _) => chain.visible(),
            (_, Some(f)) => f.graph.layers.clone(),
            _ => vec![],
        };
        nested.iter().for_each(|l| add_rows(rows, l, graph, options, level + 1));
    }
}

fn shape_of(layer: &AnyLayer) -> String {
    let shown = |s: &PartialShape| {
        let dims: Vec<String> = s.iter().map(|d| d.map_or("None".to_string(), |d| d.to_string())).collect();
        format!("({})", dims.join(", "))
    };
    match layer.shapes().map(|s| s.outputs) {
        Some(outputs) => match &outputs[..] {
            [one] => shown(one),
            all => format!("[{}]", all.iter().map(shown).collect::<Vec<_>>().join(", ")),
        },
        None => "?".into(),
    }
}

/// Where the inputs of a layer's calls come from.
fn connections(graph: &Graph, layer: &AnyLayer) -> String {
    let mut all = vec![];
    for call in graph.calls_of(layer) {
        for input in &call.inputs {
            let (name, call, output) = super::config::reference(graph, input);
            all.push(format!("{name}[{call}][{output}]"));
        }
    }
    if all.is_empty() { "-".into() } else { all.join(", ") }
}

#[derive(Clone, Copy, Debug, Default)]
struct Size {
    count: usize,
    bytes: usize,
}

impl Size {
    fn of(variables: &[Variable]) -> Self {
        let one = |v: &Variable| {
            let count = v.shape().size();
            Size { count, bytes: count * bytes_of(v.dtype()) }
        };
        variables.iter().map(one).fold(Size::default(), Size::plus)
    }

    fn plus(self, other: Size) -> Size {
        Size { count: self.count + other.count, bytes: self.bytes + other.bytes }
    }
}

/// Bytes of an element as TensorFlow counts them.
fn bytes_of(dtype: DType) -> usize {
    match dtype {
        DType::Bool | DType::Int8 | DType::UInt8 => 1,
        DType::Float16 | DType::BFloat16 => 2,
        DType::Int64 | DType::Float64 | DType::Complex64 => 8,
        _ => 4,
    }
}

/// `3274634` as `3,274,634`.
fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

fn readable(bytes: usize) -> String {
    let mut size = bytes as f64;
    for unit in ["B", "KB", "MB", "GB", "TB"] {
        if size < 1024.0 {
            return format!("{size:.2} {unit}");
        }
        size /= 1024.0;
    }
    format!("{size:.2} PB")
}
