//! Cells on top of each other.

use super::recurrence::{Leaf, cell_of};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::keras::base::{
    AnyLayer, Call, Configured, Layer, RnnCell, batch_of, deserialize_layer, serialize_layer, without_fixed,
};
use crate::keras::object::Config;
use crate::ops::array;
use crate::shape::Shape;
use crate::tensor::Tensor;
use std::any::Any;

/// Cells on top of each other as one cell (`keras.layers.StackedRNNCells`): the output of each is the input of the next. Its states are those
/// of all, in order.
#[derive(Clone, Debug)]
pub struct StackedRNNCells {
    cells: Vec<AnyLayer>,
}

impl StackedRNNCells {
    /// A cell of cells.
    ///
    /// ```
    /// use wgflow::keras::{Layer, layers::{GRUCell, LSTMCell, RNN, StackedRNNCells}};
    /// use wgflow::{DType, layers, ones};
    /// let layer = RNN::new(StackedRNNCells::new(layers![LSTMCell::new(4), GRUCell::new(3)])).node();
    /// assert_eq!(layer.call(&ones([2, 5, 3], DType::Float32)?, false)?.shape().to_string(), "(2, 3)");
    /// # Ok::<(), wgflow::Error>(())
    /// ```
    pub fn new(cells: Vec<AnyLayer>) -> Self {
        StackedRNNCells { cells }
    }

    /// The cells, with the shapes of their inputs.
    fn with_inputs(&self, input: &Shape) -> impl Iterator<Item = (&dyn RnnCell, Shape)> {
        let mut next = input.clone();
        self.cells.iter().filter_map(|c| c.layer().cell()).map(move |cell| {
            let own = std::mem::take(&mut next);
            next = batch_of(&own, &cell.output_size(&own));
            (cell, own)
        })
    }

    fn last(&self) -> Result<&AnyLayer> {
        let none = || Error::invalid("StackedRNNCells", "cells", "at least one cell", "none");
        self.cells.last().ok_or_else(none)
    }
}

/// The cells that compute, in order, each with the layers that lead to it.
pub(super) fn leaves(cell: &AnyLayer) -> Result<Vec<Leaf>> {
    let Some(stack) = (cell.layer().as_ref() as &dyn Any).downcast_ref::<StackedRNNCells>() else {
        return Ok(vec![Leaf { path: vec![cell.clone()] }]);
    };
    stack.last()?;
    let mut all = vec![];
    for inner in &stack.cells {
        for mut leaf in leaves(inner)? {
            leaf.path.insert(0, cell.clone());
            all.push(leaf);
        }
    }
    Ok(all)
}

impl Configured for StackedRNNCells {
    const CLASS: &'static str = "StackedRNNCells";

    fn arguments(&self) -> Config {
        Config::new()
    }

    fn from_arguments(config: &Config) -> Result<Self> {
        let mut rest = without_fixed(Self::CLASS, config, &[])?;
        let cells = rest.remove("cells");
        let cells = cells.as_ref().and_then(|c| c.as_array());
        let cells = cells.ok_or_else(|| Error::invalid(Self::CLASS, "cells", "a list of cells", "none"))?;
        if let Some(other) = rest.keys().next() {
            return Err(Error::invalid(
                Self::CLASS,
                "config",
                "the argument cells",
                format_args!("{other:?}"),
            ));
        }
        Ok(Self::new(cells.iter().map(deserialize_layer).collect::<Result<_>>()?))
    }

    fn check_arguments(&self) -> Result<()> {
        self.last()?;
        self.cells.iter().try_for_each(|c| {
            c.layer().validate()?;
            cell_of(c).map(|_| ())
        })
    }
}

impl Layer for StackedRNNCells {
    fn class_name(&self) -> &'static str {
        Self::CLASS
    }

    fn config(&self) -> Result<Config> {
        let cells = self.cells.iter().map(serialize_layer).collect::<Result<Vec<_>>>()?;
        Ok([("cells".to_string(), cells.into())].into_iter().collect())
    }

    fn validate(&self) -> Result<()> {
        self.check_arguments()
    }

    fn sublayers(&self) -> Vec<AnyLayer> {
        self.cells.clone()
    }

    fn cell(&self) -> Option<&dyn RnnCell> {
        Some(self)
    }

    /// One step of each cell in turn.
    fn call_many(&self, c: &mut Call, xs: &[Tensor]) -> Result<Vec<Tensor>> {
        let Some((x, states)) = xs.split_first().filter(|(x, s)| s.len() == self.state_size(x.shape()).len())
        else {
            let wanted = "the input and the states of all cells";
            return Err(Error::invalid(Self::CLASS, "inputs", wanted, format_args!("{} inputs", xs.len())));
        };
        let (y, next) = self.step(c, x, states, &[])?;
        Ok(std::iter::once(y).chain(next).collect())
    }
}

impl RnnCell for StackedRNNCells {
    fn state_size(&self, input: &Shape) -> Vec<Shape> {
        self.with_inputs(input).flat_map(|(cell, input)| cell.state_size(&input)).collect()
    }

    fn output_size(&self, input: &Shape) -> Shape {
        self.with_inputs(input).last().map(|(cell, input)| cell.output_size(&input)).unwrap_or_default()
    }

    fn get_initial_state(&self, input: &Shape, dtype: DType) -> Result<Vec<Tensor>> {
        let each = self.with_inputs(input).map(|(cell, input)| cell.get_initial_state(&input, dtype));
        Ok(each.collect::<Result<Vec<_>>>()?.concat())
    }

    fn step(
        &self,
        c: &mut Call,
        x: &Tensor,
        states: &[Tensor],
        _: &[Tensor],
    ) -> Result<(Tensor, Vec<Tensor>)> {
        let (mut y, mut states, mut next) = (x.clone(), states.iter(), vec![]);
        for cell in &self.cells {
            let mut xs = vec![y];
            let count = cell_of(cell)?.state_size(xs[0].shape()).len();
            xs.extend(states.by_ref().take(count).cloned());
            let mut out = c.run_many(cell, &xs)?.into_iter();
            y = match out.next() {
                Some(y) => y,
                None => array::zeros_like(x)?,
            };
            next.extend(out);
        }
        Ok((y, next))
    }
}
