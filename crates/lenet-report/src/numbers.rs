//! Medians, and numbers formatted for readers.

/// The median of `values`: for an even count, the mean of the middle two; `None` if `values` is empty.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = (sorted.len().checked_sub(1)? / 2, sorted.len() / 2);
    Some((sorted[low] + sorted[high]) / 2.0)
}

/// The median of the ratios a/b of each round; `None` if there are none. Both values of a round are measured
/// shortly after one another, so a temporary slowdown of the machine affects both.
pub fn median_ratio(a: &[f64], b: &[f64]) -> Option<f64> {
    let ratios: Vec<f64> = a.iter().zip(b).map(|(a, b)| a / b).collect();
    median(&ratios)
}

/// The lowest and the highest of `values`; `(∞, −∞)` without any.
pub fn range(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    values
        .into_iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
}

/// Formats a share of 1 in percent, `97.42 %`; `–` without one.
pub fn percent(share: Option<f64>) -> String {
    share.map_or("–".to_owned(), |share| format!("{:.2} %", 100.0 * share))
}

/// Formats a number, rounded to an integer, with thousands separators: `12,345`.
pub fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let first = digits.len() % 3;
    let groups = digits.as_bytes()[first..].chunks(3).map(String::from_utf8_lossy);
    let head = (first > 0).then(|| digits[..first].into());
    head.into_iter().chain(groups).collect::<Vec<_>>().join(",")
}

/// Formats a time in seconds to three digits or so: `2.1 s`, `4:05 min`, `1:02:03 h`.
pub fn duration(seconds: f64) -> String {
    if seconds.is_nan() || seconds < 99.95 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64; // Saturates.
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02} min"),
        _ => format!("{hours}:{minutes:02}:{seconds:02} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 100.0]), Some(3.0));
        assert_eq!(median(&[4.0, 1.0, 100.0, 2.0]), Some(3.0));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn a_ratio_is_taken_within_each_round() {
        // The machine was ten times slower in the second round, for both.
        assert_eq!(median_ratio(&[200.0, 20.0, 220.0], &[100.0, 10.0, 100.0]), Some(2.0));
    }

    #[test]
    fn a_time_has_the_units_of_its_size() {
        let texts = [2.14, 99.9, 99.96, 245.0, 3723.4].map(duration);
        assert_eq!(texts, ["2.1 s", "99.9 s", "1:40 min", "4:05 min", "1:02:03 h"]);
    }

    #[test]
    fn thousands_are_separated() {
        let texts = [0.0, 999.4, 999.6, 61_706.0, 123_456_789.0].map(grouped);
        assert_eq!(texts, ["0", "999", "1,000", "61,706", "123,456,789"]);
    }
}
