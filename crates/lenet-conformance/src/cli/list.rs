//! The command `list`.

use lenet_conformance::{Ladder, Rung, Subject};
use lenet_report::conformance::{Event, Listed};

use super::output::{PASSED, emit};

/// Lists the subjects, rungs and cases of the full or the short ladder. Opens no device.
pub(super) fn list(quick: bool) -> anyhow::Result<u8> {
    for name in Subject::NAMES.into_iter().filter(|name| !(quick && Subject::FULL_LADDER_ONLY.contains(name)))
    {
        let backend = Subject::parse(name)?.0.backend();
        let available = backend.is_compiled_in();
        let missing = || lenet_backend::Error::NotCompiledIn { backend }.to_string();
        let detail = if available { backend.description().to_owned() } else { missing() };
        emit(listed("subject", name.to_owned(), None, Some(available), detail))?;
    }
    for rung in Rung::ALL {
        emit(listed("rung", rung.to_string(), None, None, rung.description().to_owned()))?;
    }
    for case in Ladder::new(0, quick).cases() {
        emit(listed("case", case.name, Some(case.rung), None, String::new()))?;
    }
    Ok(PASSED)
}

fn listed(
    kind: &'static str,
    name: String,
    rung: Option<Rung>,
    available: Option<bool>,
    detail: String,
) -> Event {
    let rung = rung.map_or_else(String::new, |rung| rung.to_string());
    let mut listed = Listed::new(kind, name);
    (listed.rung, listed.available, listed.detail) = (rung, available, detail);
    Event::Listed(listed)
}
