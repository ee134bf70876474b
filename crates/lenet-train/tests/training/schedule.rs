//! Learning rates, step by step.

use lenet_train::Schedule;
use proptest::prelude::*;

#[test]
fn a_constant_rate_is_the_same_at_every_step() {
    let schedule = Schedule::Constant { learning_rate: 0.125 };
    assert!((0..100).all(|step| schedule.learning_rate(step, 100) == 0.125));
}

/// Peak, total number of steps, step, and what `OneCycleLR(optimizer, max_lr=peak, total_steps=total)` sets
/// at that step. Computed in Python by the formula in `torch/optim/lr_scheduler.py`, with the defaults
/// `pct_start=0.3`, `div_factor=25`, `final_div_factor=1e4`: two phases that end at step 0.3·total − 1 and at
/// step total − 1, and `end + (start − end) / 2 · (cos(π·share) + 1)` within each.
const ONE_CYCLE: [(f64, u64, u64, f64); 22] = [
    (0.1, 10, 0, 0.0040000000000000036),
    (0.1, 10, 1, 0.052000000000000005),
    (0.1, 10, 2, 0.1),
    (0.1, 10, 3, 0.09504846320134738),
    (0.1, 10, 4, 0.0811745653949763),
    (0.1, 10, 5, 0.06112620219362893),
    (0.1, 10, 6, 0.03887419780637107),
    (0.1, 10, 7, 0.0188258346050237),
    (0.1, 10, 8, 0.004951936798652629),
    (0.1, 10, 9, 4e-07),
    (0.05, 7, 0, 0.0020000000000000018), // The first phase ends between two steps.
    (0.05, 7, 1, 0.04902783136674794),
    (0.05, 7, 6, 2e-07),
    (0.05, 2814, 1, 0.002000166578632813),
    (0.05, 2814, 400, 0.024070630647452306),
    (0.05, 2814, 843, 0.04999999333684729),
    (0.05, 2814, 844, 0.04999997965097197),
    (0.05, 2814, 1500, 0.037493143363185544),
    (0.05, 2814, 2813, 2e-07),
    (0.1, 2, 0, 0.0811745653949763), // It ends before the first step.
    (0.1, 2, 1, 4e-07),
    (0.1, 1, 0, 4e-07),
];

#[test]
fn one_cycle_is_that_of_pytorch() {
    for (peak, total, step, expected) in ONE_CYCLE {
        let rate = Schedule::OneCycle { peak }.learning_rate(step, total);
        // Half a dozen operations in f64, on numbers up to the peak.
        assert!((rate - expected).abs() <= 8.0 * f64::EPSILON * peak, "step {step} of {total}: {rate}");
    }
}

#[test]
fn a_share_of_warm_up_that_is_no_whole_number_of_steps_is_rounded() {
    let schedule = Schedule::WarmUpLinear { peak: 1.0, warm_up_share: 0.25 };
    let rates: Vec<f64> = (0..6).map(|step| schedule.learning_rate(step, 6)).collect(); // 1.5 of 6 steps
    assert_eq!(rates, [0.5, 1.0, 1.0, 0.75, 0.5, 0.25]);
}

proptest! {
    #[test]
    fn a_warm_up_rises_to_the_peak_and_the_rest_falls_towards_0(
        peak in 1e-6..10.0, warm_up_share in 0.0..=1.0, total in 1..2000_u64
    ) {
        for schedule in [
            Schedule::WarmUpLinear { peak, warm_up_share },
            Schedule::WarmUpCosine { peak, warm_up_share },
        ] {
            let rates: Vec<f64> = (0..total).map(|step| schedule.learning_rate(step, total)).collect();
            let warm_up = (warm_up_share * total as f64).round() as usize;
            prop_assert!(rates[..warm_up].is_sorted());
            prop_assert!(rates[warm_up..].is_sorted_by(|a, b| a >= b));
            prop_assert!(rates.iter().all(|&rate| 0.0 < rate && rate <= peak));
            prop_assert!(rates[warm_up.saturating_sub(1)] == peak);
        }
    }

    #[test]
    fn one_cycle_goes_up_once_and_down_once(peak in 1e-6..10.0, total in 4..2000_u64) {
        let schedule = Schedule::OneCycle { peak };
        let rates: Vec<f64> = (0..total).map(|step| schedule.learning_rate(step, total)).collect();
        let near = |rate: f64, expected: f64| (rate - expected).abs() <= 8.0 * f64::EPSILON * peak;
        prop_assert!(near(rates[0], peak / 25.0));
        prop_assert!(near(rates[rates.len() - 1], peak / 250_000.0));
        let top = (0..rates.len()).max_by(|&a, &b| rates[a].total_cmp(&rates[b])).unwrap();
        prop_assert!(rates[top] <= peak * (1.0 + f64::EPSILON));
        prop_assert!(rates[..=top].is_sorted());
        prop_assert!(rates[top..].is_sorted_by(|a, b| a >= b));
        prop_assert!((top as f64 - (0.3 * total as f64 - 1.0)).abs() < 1.0);
    }
}
