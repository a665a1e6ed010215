//! Images mirrored and turned.

use super::layout::Layout;
use crate::error::Result;
use crate::hlo::{Graph, Val};
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

crate::op! {
    /// Images mirrored left to right.
    FlipLeftRight as "flip_left_right" in api "tf.image.flip_left_right" (image) {}
    build |s, g| flipped(g, "flip_left_right", image, 1);
    cases [case().f32([2, 3, 2]), case().f32([2, 2, 3, 1]), case().ints([2, 3, 1], 0, 9)]
    errors [case().f32([2, 3])]
}

crate::op! {
    /// Images mirrored top to bottom.
    FlipUpDown as "flip_up_down" in api "tf.image.flip_up_down" (image) {}
    build |s, g| flipped(g, "flip_up_down", image, 0);
    cases [case().f32([2, 3, 2]), case().f32([2, 2, 3, 1])]
    errors [case().f32([2, 3])]
}

/// An image mirrored along its height (0) or width (1).
pub(super) fn flipped(g: &mut Graph, op: &str, image: Val, along: usize) -> Result<Val> {
    let l = Layout::new(g, op, "image", image)?;
    g.reverse(image, &[l.row + along])
}

crate::op! {
    /// Images with height and width exchanged.
    TransposeImage as "transpose" in api "tf.image.transpose" (image) {}
    build |s, g| {
        let l = Layout::new(g, "transpose", "image", image)?;
        exchanged(g, image, &l)
    };
    cases [case().f32([2, 3, 2]), case().f32([2, 2, 3, 1])]
    errors [case().f32([2, 3])]
}

fn exchanged(g: &mut Graph, x: Val, l: &Layout) -> Result<Val> {
    let mut perm: Vec<usize> = (0..l.rank()).collect();
    perm.swap(l.row, l.row + 1);
    g.transpose(x, &perm)
}

crate::op! {
    /// Images turned counter-clockwise `k` times by a quarter.
    Rot90 as "rot90" in api "tf.image.rot90" (image) { k: i64 = 1 }
    build |s, g| {
        let l = Layout::new(g, "rot90", "image", image)?;
        match s.k.rem_euclid(4) {
            1 => {
                let x = g.reverse(image, &[l.row + 1])?;
                exchanged(g, x, &l)
            }
            2 => g.reverse(image, &[l.row, l.row + 1]),
            3 => {
                let x = exchanged(g, image, &l)?;
                g.reverse(x, &[l.row + 1])
            }
            _ => Ok(image),
        }
    };
    cases [
        case().f32([2, 3, 2]),
        case().with("k", 2).f32([2, 3, 1]),
        case().with("k", 3).f32([2, 2, 3, 1]),
        case().with("k", 0).f32([2, 3, 1]),
        case().with("k", 5).f32([2, 3, 1]),
        case().with("k", -1).f32([2, 3, 1]),
    ]
    errors [case().f32([2, 3])]
}

macro_rules! simple {
    ($(#[doc = $doc:literal])+ $f:ident, $op:expr) => {
        $(#[doc = $doc])+
        ///
        /// # Errors
        /// `InvalidArgument` for other than three or four dimensions.
        pub fn $f(image: impl IntoTensor) -> Result<Tensor> {
            run_one(&$op, &[&image.into_tensor(None)?])
        }
    };
}

simple! {
    /// Images mirrored left to right (`tf.image.flip_left_right`).
    flip_left_right, FlipLeftRight {}
}
simple! {
    /// Images mirrored top to bottom (`tf.image.flip_up_down`).
    flip_up_down, FlipUpDown {}
}
simple! {
    /// Images with height and width exchanged (`tf.image.transpose`).
    transpose, TransposeImage {}
}

/// Images turned counter-clockwise `k` times by a quarter (`tf.image.rot90`).
///
/// # Errors
/// `InvalidArgument` for other than three or four dimensions.
pub fn rot90(image: impl IntoTensor, k: i64) -> Result<Tensor> {
    run_one(&Rot90 { k }, &[&image.into_tensor(None)?])
}

pub(super) const OPS: &[Row] =
    &[row::<FlipLeftRight>(), row::<FlipUpDown>(), row::<TransposeImage>(), row::<Rot90>()];
