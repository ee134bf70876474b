//! States of several hooks in one piece: names and lengths as one line of JSON, then the bytes of each state.

use crate::Error;

/// Names and states.
type States = Vec<(String, Vec<u8>)>;

pub(crate) fn encode(states: &[(String, Vec<u8>)]) -> Result<Vec<u8>, Error> {
    let index: Vec<(&str, usize)> = states.iter().map(|(name, state)| (&**name, state.len())).collect();
    let mut bytes = serde_json::to_vec(&index).map_err(failed)?;
    bytes.push(b'\n');
    states.iter().for_each(|(_, state)| bytes.extend(state));
    Ok(bytes)
}

pub(crate) fn decode(bytes: &[u8]) -> Result<States, Error> {
    let end = bytes.iter().position(|byte| *byte == b'\n').ok_or_else(|| failed("no index"))?;
    let index: Vec<(String, usize)> = serde_json::from_slice(&bytes[..end]).map_err(failed)?;
    let (mut states, mut rest) = (Vec::new(), &bytes[end + 1..]);
    for (name, length) in index {
        let (state, after) = rest.split_at_checked(length).ok_or_else(|| failed("cut short"))?;
        states.push((name, state.to_vec()));
        rest = after;
    }
    Ok(states)
}

fn failed(reason: impl ToString) -> Error {
    Error::HookState { hook: "Hooks".to_owned(), reason: reason.to_string() }
}
