//! A program that runs again, in a process of its own, gives the same bits.

use wgflow::{
    DType, GradientTape, Result, Variable, add, matmul, multiply, nn, random, reduce_mean, square, subtract,
};
use wgflow_tests::device::{alone_said, device_under_test};

#[test]
fn a_loop_by_hand_gives_the_same_bits_in_each_process() {
    let said = || alone_said("eager::again::a_loop_alone", &[]);
    let bits = |text: &str| text.split("bits ").nth(1).map(|t| t[..16].to_string());
    let (first, second) = (said(), said());
    assert!(bits(&first).is_some(), "{first}");
    assert_eq!(bits(&first), bits(&second));
}

#[test]
#[ignore = "run by a_loop_by_hand_gives_the_same_bits_in_each_process"]
fn a_loop_alone() -> Result<()> {
    device_under_test();
    let uniform =
        |shape: [usize; 2], seed: i64| random::stateless_uniform(shape, [seed, 2], -1.0, 1.0, DType::Float32);
    let (x, y) = (uniform([16, 8], 1)?, uniform([16, 4], 2)?);
    let (a, b) = (Variable::new(uniform([8, 12], 3)?)?, Variable::new(uniform([12, 4], 4)?)?);
    let mut hash = 0u64;
    for _ in 0..30 {
        let tape = GradientTape::new();
        let h = nn::softmax(matmul(&x, &a)?, -1)?;
        let loss = reduce_mean(square(subtract(add(matmul(&h, &b)?, 0.5)?, &y)?)?, None, false)?;
        for (w, g) in [&a, &b].into_iter().zip(tape.gradient(&loss, [&a, &b])?) {
            if let Some(g) = g {
                w.assign(subtract(w, multiply(&g, 0.5)?)?)?;
            }
        }
        hash = hash.wrapping_mul(0x100_0000_01b3) ^ u64::from(loss.item::<f32>()?.to_bits());
    }
    println!("bits {hash:016x}");
    Ok(())
}
