//! Short forms for building ops: arithmetic with constants.

use crate::error::Result;
use crate::hlo::{Graph, Val};

/// Arithmetic of a value with a constant of its dtype.
pub(crate) trait Scalars {
    /// `x + c`.
    fn plus(&mut self, x: Val, c: f64) -> Result<Val>;
    /// `x * c`.
    fn times(&mut self, x: Val, c: f64) -> Result<Val>;
    /// `c - x`.
    fn from_const(&mut self, c: f64, x: Val) -> Result<Val>;
    /// `x * x`.
    fn square(&mut self, x: Val) -> Result<Val>;
    /// `x > c`.
    fn above(&mut self, x: Val, c: f64) -> Result<Val>;
    /// `x < c`.
    fn below(&mut self, x: Val, c: f64) -> Result<Val>;
    /// `x` where the condition holds, else 0.
    fn only_where(&mut self, condition: Val, x: Val) -> Result<Val>;
}

impl Scalars for Graph {
    fn plus(&mut self, x: Val, c: f64) -> Result<Val> {
        let c = self.full_like(x, c)?;
        self.add(x, c)
    }

    fn times(&mut self, x: Val, c: f64) -> Result<Val> {
        let c = self.full_like(x, c)?;
        self.mul(x, c)
    }

    fn from_const(&mut self, c: f64, x: Val) -> Result<Val> {
        let c = self.full_like(x, c)?;
        self.sub(c, x)
    }

    fn square(&mut self, x: Val) -> Result<Val> {
        self.mul(x, x)
    }

    fn above(&mut self, x: Val, c: f64) -> Result<Val> {
        let c = self.full_like(x, c)?;
        self.gt(x, c)
    }

    fn below(&mut self, x: Val, c: f64) -> Result<Val> {
        let c = self.full_like(x, c)?;
        self.lt(x, c)
    }

    fn only_where(&mut self, condition: Val, x: Val) -> Result<Val> {
        let zero = self.zeros_like(x)?;
        self.select(condition, x, zero)
    }
}
