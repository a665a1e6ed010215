//! The digits example, for a few epochs.

use std::fs;
use std::path::Path;
use wgflow::keras::{Evaluate, Predict, Verbose, load_model};
use wgflow::{datasets, io};
use wgflow_tests::device::device_under_test;
use wgflow_tests::examples::{example, printed};

/// The number in the last line.
fn test_accuracy(text: &str) -> f64 {
    let last = text.lines().last().unwrap_or_default();
    let number =
        last.strip_prefix("test accuracy: ").unwrap_or_else(|| panic!("no accuracy at the end of:\n{text}"));
    number.parse().unwrap_or_else(|e| panic!("{number}: {e}"))
}

#[test]
fn digits_are_learnt() {
    let folder = tempfile::tempdir().unwrap();
    let models = folder.path().join("new/models").display().to_string();
    let text = printed("digits", &["--epochs", "2", "--seed", "3", "--save", &models]);
    assert!(text.starts_with(&format!("device: {}", device_under_test())), "{text}");
    assert!(text.contains("1437 images of 8x8 to train on, 360 to test with"), "{text}");
    assert!(text.contains("Epoch 2/2\n") && text.contains("23/23 "), "{text}");
    assert!(text.contains(" launches, ") && !text.contains(" 0 launches"), "{text}");
    let accuracy = test_accuracy(&text);
    assert!(accuracy > 0.88, "{text}");

    // What it saved is as good.
    let (_, (x, y)) = datasets::digits().unwrap();
    let model = load_model(format!("{models}/digits.safetensors")).unwrap();
    let args = Evaluate { batch_size: Some(256), verbose: Verbose::Silent, ..Evaluate::default() };
    let x = x.expand_dims(-1).unwrap();
    let again = model.evaluate((&x, &y), args).unwrap().value("accuracy").unwrap();
    assert!((again - accuracy).abs() < 6e-5, "{again}, and then {text}");

    // So is what pages load.
    let (json, weights) = io::read_model(format!("{models}/model.json")).unwrap();
    let page = io::load_layers_model(&json, &weights).unwrap();
    let [a, b] = [&model, &page].map(|m| m.predict(&x, Predict::default()).unwrap().to_vec::<f32>().unwrap());
    assert_eq!(a, b, "the formats differ");
}

#[test]
fn nothing_is_learnt_of_shuffled_labels() {
    let text = printed("digits", &["--epochs", "1", "--shuffle-labels"]);
    let accuracy = test_accuracy(&text);
    assert!(accuracy < 0.2, "{text}");
}

/// Images of one colour, darker for larger labels, in MNIST's format and size.
fn write_greys(folder: &Path) {
    for (stem, n) in [("train", 24u32), ("t10k", 10)] {
        let labels: Vec<u8> = (0..n).map(|i| (i * 7 % 10) as u8).collect();
        let mut images =
            [&[0, 0, 8, 3][..], &n.to_be_bytes(), &28u32.to_be_bytes(), &28u32.to_be_bytes()].concat();
        labels.iter().for_each(|&y| images.extend([255 - 25 * y; 28 * 28]));
        fs::write(folder.join(format!("{stem}-images-idx3-ubyte")), images).unwrap();
        let labels = [&[0, 0, 8, 1][..], &n.to_be_bytes(), &labels].concat();
        fs::write(folder.join(format!("{stem}-labels-idx1-ubyte")), labels).unwrap();
    }
}

#[test]
fn a_folder_of_larger_images_is_trained_on() {
    let folder = tempfile::tempdir().unwrap();
    write_greys(folder.path());
    let path = folder.path().display().to_string();
    let text = printed(
        "digits",
        &["--data", &path, "--epochs", "1", "--batch-size", "12", "--learning-rate", "0.001"],
    );
    assert!(text.contains("24 images of 28x28 to train on, 10 to test with"), "{text}");
    assert!(text.contains("2/2 "), "{text}");
    assert!((0.0..=1.0).contains(&test_accuracy(&text)));
}

/// What it says when it fails.
fn refused(args: &[&str], drivers: Option<&str>) -> String {
    let mut command = example("digits");
    if let Some(path) = drivers {
        command.env("VK_ICD_FILENAMES", path).env("VK_DRIVER_FILES", path);
    }
    let output = command.args(args).output().unwrap();
    assert!(!output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn what_cannot_be_is_told() {
    let text = refused(&["--device", "no such adapter"], None);
    assert!(text.contains("Received: 'no such adapter'") && text.contains("--device cpu"), "{text}");
    let text = refused(&["--data", "/no/such/folder"], None);
    assert!(text.contains("/no/such/folder") && text.contains("train-images-idx3-ubyte.gz"), "{text}");
    let text = refused(&["--batch-size", "0"], None);
    assert!(text.contains("--batch-size"), "{text}");
    for rate in ["nan", "inf", "0", "x"] {
        let text = refused(&["--learning-rate", rate], None);
        assert!(text.contains("--learning-rate") && text.contains("a finite number above 0"), "{text}");
    }
}

/// Only Linux finds its drivers by these variables.
#[cfg(target_os = "linux")]
#[test]
fn a_machine_without_an_adapter_says_what_to_do() {
    let text = refused(&["--device", "gpu"], Some("/dev/null"));
    assert!(
        text.contains("No Vulkan, Metal or DX12 adapter was found") && text.contains("--device cpu"),
        "{text}"
    );
}
