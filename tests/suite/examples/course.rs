//! The first examples of the course, whose output is known.

use wgflow_tests::device::{device_under_test, wanted};
use wgflow_tests::examples::{example, printed};

/// The text holds these parts, in this order.
fn holds(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => panic!("'{part}' is missing, or not where it belongs, in:\n{text}"),
        }
    }
}

#[test]
fn tensors() {
    let text = printed("tensors", &[]);
    let parts = [
        &format!("device: {}\n", device_under_test()),
        "a + 10 * b = tf.Tensor(\n[[51. 62.]\n [73. 84.]], shape=(2, 2), dtype=float32)",
        "matmul(a, b) = tf.Tensor(\n[[19. 22.]\n [43. 50.]]",
        "an error: InvalidArgumentError: MatMul",
        "x[:, 1] = tf.Tensor([1 5 9], shape=(3,), dtype=int32)",
        "x[::-1, :2] = tf.Tensor(\n[[8 9]\n [4 5]\n [0 1]]",
        "values = [19.0, 22.0, 43.0, 50.0], total = 10\n",
    ];
    holds(&text, &parts);
}

#[test]
fn gradients() {
    let text = printed("gradients", &[]);
    let parts = [
        "at x = 3: dy/dx = 6\n",
        "loss = 62.5, d/dw = [35.0, 50.0], d/db = 15\n",
        "y' = [0.75, 3.0, 12.0], y'' = [3.0, 6.0, 12.0]\n",
        "d exp(x) / d unused = None\n",
        "step 4: (v - 2)^2 was 0.140625, v = 2.1875\n",
    ];
    // The power function of a device may miss by its last bits.
    if wanted() == "cpu" {
        holds(&text, &parts);
    } else {
        holds(&text, &[parts[0], parts[1], parts[3], parts[4]]);
    }
}

/// The line is the one that the same steps in double precision give.
#[test]
fn linear_regression() {
    let x = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0];
    let y = [12000.0, 14000.0, 15000.0, 16500.0, 17500.0, 19000.0].map(|p: f64| (p - 12000.0) / 7000.0);
    let (mut a, mut b) = (0.0, 0.0);
    for _ in 0..10_000 {
        let errors: Vec<(f64, f64)> = x.iter().zip(&y).map(|(x, y)| (*x, a * x + b - y)).collect();
        a -= 5e-4 * errors.iter().map(|(x, e)| 2.0 * e * x).sum::<f64>();
        b -= 5e-4 * errors.iter().map(|(_, e)| 2.0 * e).sum::<f64>();
    }
    let text = printed("linear_regression", &[]);
    holds(
        &text,
        &["step     0  a = 0.000000  b = 0.000000\n", "step  9500", &format!("a = {a:.4}, b = {b:.4}\n")],
    );
}

#[test]
fn a_device_that_is_not_there_is_told() {
    let output = example("tensors").env("WGFLOW_DEVICE", "no such adapter").output().unwrap();
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    holds(&text, &["Received: 'no such adapter'", "WGFLOW_DEVICE=cpu runs on the CPU"]);
}

/// The number after a text, at the end of a line.
fn number(text: &str, before: &str) -> f64 {
    let found = text.lines().rev().find_map(|line| line.strip_prefix(before)).and_then(|n| n.parse().ok());
    found.unwrap_or_else(|| panic!("no number after '{before}' in:\n{text}"))
}

#[test]
fn custom_layer() {
    let text = printed("custom_layer", &[]);
    holds(&text, &["sequential/radial_basis/centers", "(16, 1)", "sequential/dense/bias"]);
    assert!(number(&text, "largest error: ") < 0.1, "{text}");
}

#[test]
fn digits_mlp() {
    let text = printed("digits_mlp", &[]);
    holds(&text, &["Epoch 10/10", "val_accuracy", "% sure"]);
    assert!(number(&text, "test accuracy: ") > 0.9, "{text}");
}

#[test]
fn digits_transformer() {
    for (policy, epochs, least) in [("float32", "1", 0.3), ("mixed_float16", "1", 0.25)] {
        let text = printed("digits_transformer", &["--policy", policy, "--epochs", epochs]);
        holds(&text, &[&format!("weights, computed in {policy}\n"), "45/45 - "]);
        assert!(number(&text, "test accuracy: ") > least, "{text}");
    }
}

#[test]
fn sequences() {
    let text = printed("sequences", &[]);
    holds(&text, &["embedding (Embedding)", "lstm (LSTM)", "Epoch 3/3", "% yes"]);
    assert!(number(&text, "test accuracy: ") > 0.95, "{text}");
}

#[test]
fn control_flow() {
    let text = printed("control_flow", &[]);
    let parts = [
        "f(3) = 9, f(-4) = 4\n",
        "the root of 2 is 1.4142 after 3 trips\n",
        "its slope is 0.3536, which is",
        "powers of 3: [1.0, 3.0, 9.0, 27.0, 81.0, 243.0]\n",
        "squares of lengths: [5.0, 25.0, 61.0]\n",
        "running sums: [1.0, 2.0, 4.0, 6.0, 9.0, 12.0]\n",
    ];
    holds(&text, &parts);
}

#[test]
fn functional_model() {
    let text = printed("functional_model", &["--epochs", "1"]);
    holds(&text, &["Model: ", "digit (Dense)", "digit_accuracy", "odd_loss"]);
    assert!(number(&text, "accuracy of odd or even: ") > 0.8, "{text}");
    assert!(number(&text, "accuracy of the digit: ") > 0.8, "{text}");
}
