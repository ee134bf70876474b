//! What PyTorch computes, this library computes too. `generate.py` beside this file made the numbers.

#![allow(clippy::unwrap_used, reason = "clippy's leave for tests does not reach their helpers")]

mod adaptive;
mod distillation;
mod losses;
mod rounded;
mod schedules;
mod trajectories;

/// The part of pytorch.json under `key`.
fn pytorch<T: serde::de::DeserializeOwned>(key: &str) -> T {
    let mut all: serde_json::Value = serde_json::from_str(include_str!("pytorch.json")).unwrap();
    serde_json::from_value(all[key].take()).unwrap()
}
