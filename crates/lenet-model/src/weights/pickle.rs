//! The pickle in an archive of `torch.save`: which tensors it names, and where their numbers are.
//!
//! A pickle is a program for a machine with a stack. Nothing is executed here: a call that is not one of PyTorch's
//! for tensors makes an object without a meaning. Values are numbers of places in lists, so that a hostile pickle
//! builds no deep tree that would have to be dropped by recursion.

use std::collections::BTreeMap;

/// Maximum number of dictionaries inside one another.
const DEEPEST: usize = 32;
/// Maximum number of entries looked at on the way to tensors.
const MOST_ENTRIES: usize = 100_000;

/// A tensor in an archive.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stored {
    /// PyTorch's name of the storage's type, such as `FloatStorage`.
    pub(super) storage: String,
    /// The name of the storage's entry in the archive's folder `data`.
    pub(super) key: String,
    /// Where the tensor begins in the storage, and how far apart its numbers are along each axis, in numbers.
    pub(super) offset: usize,
    pub(super) strides: Vec<usize>,
    pub(super) shape: Vec<usize>,
}

/// The tensors of a pickle with their names: the keys of the dictionaries and the attributes of the objects on the
/// way to them, joined by dots. The error is the reason why it cannot be read.
pub(super) fn tensors(pickle: &[u8]) -> Result<BTreeMap<String, Stored>, String> {
    let mut machine = Machine { rest: pickle, ..Machine::default() };
    let root = machine.run().ok_or_else(|| {
        let at = pickle.len() - machine.rest.len();
        format!("its data.pkl is not a pickle that torch.save writes (byte {at})")
    })?;
    let mut found = BTreeMap::new();
    let mut left = MOST_ENTRIES;
    machine.collect(root, &mut Vec::new(), DEEPEST, &mut found, &mut left);
    Ok(found)
}

/// A value on the stack; the numbers are places in the machine's lists.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Value<'a> {
    Text(&'a str),
    Int(i64),
    /// Module and name.
    Global(&'a str, &'a str),
    Tuple(usize),
    /// A dictionary, or an object with its attributes.
    Dict(usize),
    /// Type and key.
    Storage(&'a str, &'a str),
    Tensor(usize),
    /// Anything else.
    Opaque,
}

/// The key of the attributes of an object.
const NAMELESS: Value = Value::Opaque;

#[derive(Default)]
struct Machine<'a> {
    /// The instructions that are left.
    rest: &'a [u8],
    stack: Vec<Value<'a>>,
    /// Heights of the stack.
    marks: Vec<usize>,
    memo: BTreeMap<u32, Value<'a>>,
    tuples: Vec<Vec<Value<'a>>>,
    dicts: Vec<Vec<(Value<'a>, Value<'a>)>>,
    tensors: Vec<Stored>,
}

impl<'a> Machine<'a> {
    /// The value that the pickle describes; `None` if it ends early or has an instruction that `torch.save` does not
    /// write.
    fn run(&mut self) -> Option<Value<'a>> {
        loop {
            let [instruction] = self.take()?;
            match instruction {
                b'.' => return self.stack.pop(),
                0x80 => drop(self.take::<1>()?),           // PROTO
                0x95 => drop(self.take::<8>()?),           // FRAME
                b'(' => self.marks.push(self.stack.len()), // MARK
                b'0' => drop(self.stack.pop()?),           // POP
                b'N' | 0x88 | 0x89 | b']' => self.stack.push(Value::Opaque), // NONE, NEWTRUE, NEWFALSE, EMPTY_LIST
                b'a' => drop(self.stack.pop()?),                             // APPEND
                b'e' => drop(self.marked()?),                                // APPENDS
                b'K' => self.take().map(|[byte]: [u8; 1]| self.int(byte.into()))?,
                b'M' => self.take().map(|bytes| self.int(u16::from_le_bytes(bytes).into()))?,
                b'J' => self.take().map(|bytes| self.int(i32::from_le_bytes(bytes).into()))?,
                0x8a => self.long()?,
                b'G' => self.take::<8>().map(|_| self.stack.push(Value::Opaque))?, // BINFLOAT
                b'X' => self.take().and_then(|bytes| self.text(u32::from_le_bytes(bytes) as usize))?,
                0x8c | b'U' => self.take().and_then(|[length]: [u8; 1]| self.text(length.into()))?,
                b'c' => self.global()?,
                0x93 => self.stack_global()?,
                b'q' => self.take().map(|[place]: [u8; 1]| self.keep(place.into()))??,
                b'r' => self.take().map(|bytes| self.keep(u32::from_le_bytes(bytes)))??,
                0x94 => self.keep(self.memo.len() as u32)?, // MEMOIZE
                b'h' => self.take().map(|[place]: [u8; 1]| self.recall(place.into()))??,
                b'j' => self.take().map(|bytes| self.recall(u32::from_le_bytes(bytes)))??,
                b')' => self.tuple(Vec::new()),
                0x85..=0x87 => self.short_tuple(usize::from(instruction - 0x84))?,
                b't' => self.marked().map(|values| self.tuple(values))?,
                b'}' => self.dict(),
                b's' => self.set_item()?,
                b'u' => self.set_items()?,
                b'Q' => self.persistent()?,
                b'R' | 0x81 => self.call()?, // REDUCE, NEWOBJ
                b'b' => self.build()?,
                _ => return None,
            }
        }
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*bytes)
    }

    fn int(&mut self, number: i64) {
        self.stack.push(Value::Int(number));
    }

    fn long(&mut self) -> Option<()> {
        let [length] = self.take()?;
        let (bytes, rest) = self.rest.split_at_checked(length.into())?;
        self.rest = rest;
        // Sizes are never negative; numbers of more than seven bytes are seeds and the like.
        let small = bytes.len() < 8 && bytes.last().is_none_or(|byte| *byte < 0x80);
        let number = bytes.iter().rev().fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
        self.stack.push(if small { Value::Int(number as i64) } else { Value::Opaque });
        Some(())
    }

    fn text(&mut self, length: usize) -> Option<()> {
        let (bytes, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        self.stack.push(Value::Text(str::from_utf8(bytes).ok()?));
        Some(())
    }

    fn line(&mut self) -> Option<&'a str> {
        let end = self.rest.iter().position(|byte| *byte == b'\n')?;
        let line = str::from_utf8(&self.rest[..end]).ok()?;
        self.rest = &self.rest[end + 1..];
        Some(line)
    }

    fn global(&mut self) -> Option<()> {
        let (module, name) = (self.line()?, self.line()?);
        self.stack.push(Value::Global(module, name));
        Some(())
    }

    fn stack_global(&mut self) -> Option<()> {
        let (name, module) = (self.stack.pop()?, self.stack.pop()?);
        let (Value::Text(module), Value::Text(name)) = (module, name) else { return None };
        self.stack.push(Value::Global(module, name));
        Some(())
    }

    fn keep(&mut self, place: u32) -> Option<()> {
        self.memo.insert(place, *self.stack.last()?);
        Some(())
    }

    fn recall(&mut self, place: u32) -> Option<()> {
        self.stack.push(*self.memo.get(&place)?);
        Some(())
    }

    /// The values above the last mark.
    fn marked(&mut self) -> Option<Vec<Value<'a>>> {
        let mark = self.marks.pop()?;
        (mark <= self.stack.len()).then(|| self.stack.split_off(mark))
    }

    fn tuple(&mut self, values: Vec<Value<'a>>) {
        self.stack.push(Value::Tuple(self.tuples.len()));
        self.tuples.push(values);
    }

    fn short_tuple(&mut self, length: usize) -> Option<()> {
        let values = self.stack.split_off(self.stack.len().checked_sub(length)?);
        self.tuple(values);
        Some(())
    }

    fn dict(&mut self) {
        self.stack.push(Value::Dict(self.dicts.len()));
        self.dicts.push(Vec::new());
    }

    fn set_item(&mut self) -> Option<()> {
        let (value, key) = (self.stack.pop()?, self.stack.pop()?);
        if let Value::Dict(dict) = self.stack.last()? {
            self.dicts[*dict].push((key, value));
        }
        Some(())
    }

    fn set_items(&mut self) -> Option<()> {
        let items = self.marked()?;
        if let Value::Dict(dict) = self.stack.last()? {
            self.dicts[*dict].extend(items.chunks_exact(2).map(|pair| (pair[0], pair[1])));
        }
        Some(())
    }

    /// A reference to a storage: `("storage", type, key, device, numbers)`.
    fn persistent(&mut self) -> Option<()> {
        let Value::Tuple(tuple) = self.stack.pop()? else { return None };
        let storage = match self.tuples[tuple][..] {
            [Value::Text("storage"), Value::Global(_, kind), Value::Text(key), ..] => {
                Value::Storage(kind, key)
            }
            _ => Value::Opaque,
        };
        self.stack.push(storage);
        Some(())
    }

    fn call(&mut self) -> Option<()> {
        let (arguments, function) = (self.stack.pop()?, self.stack.pop()?);
        let Value::Tuple(arguments) = arguments else { return None };
        let arguments = &self.tuples[arguments];
        match (function, &arguments[..]) {
            (Value::Global("torch._utils", "_rebuild_tensor_v2" | "_rebuild_tensor"), arguments) => {
                let tensor = self.tensor(arguments)?;
                self.stack.push(Value::Tensor(self.tensors.len()));
                self.tensors.push(tensor);
            }
            (Value::Global("torch._utils", "_rebuild_parameter"), [tensor, ..]) => self.stack.push(*tensor),
            _ => self.dict(),
        }
        Some(())
    }

    /// The tensor of `(storage, offset, shape, strides, …)`.
    fn tensor(&self, arguments: &[Value<'a>]) -> Option<Stored> {
        let [
            Value::Storage(storage, key),
            Value::Int(offset),
            Value::Tuple(shape),
            Value::Tuple(strides),
            ..,
        ] = *arguments
        else {
            return None;
        };
        let sizes = |tuple: usize| {
            let size = |value: &Value| match value {
                Value::Int(size) => usize::try_from(*size).ok(),
                _ => None,
            };
            self.tuples[tuple].iter().map(size).collect::<Option<Vec<usize>>>()
        };
        let (shape, strides) = (sizes(shape)?, sizes(strides)?);
        let stored = Stored {
            storage: storage.to_owned(),
            key: key.to_owned(),
            offset: usize::try_from(offset).ok()?,
            strides,
            shape,
        };
        (stored.shape.len() == stored.strides.len()).then_some(stored)
    }

    /// Attributes of an object: those in a dictionary, which is not copied.
    fn build(&mut self) -> Option<()> {
        let state = self.stack.pop()?;
        if let Value::Dict(object) = self.stack.last()? {
            self.dicts[*object].push((NAMELESS, state));
        }
        Some(())
    }

    /// The tensors in `value`, whose keys so far are `path`, in at most `depth` dictionaries inside one another.
    fn collect(
        &self,
        value: Value<'a>,
        path: &mut Vec<&'a str>,
        depth: usize,
        found: &mut BTreeMap<String, Stored>,
        left: &mut usize,
    ) {
        match value {
            Value::Tensor(tensor) => drop(found.insert(path.join("."), self.tensors[tensor].clone())),
            Value::Dict(dict) if depth > 0 => {
                for (key, value) in &self.dicts[dict] {
                    let Some(rest) = left.checked_sub(1) else { return };
                    *left = rest;
                    let name = match *key {
                        // A module has its parts in dictionaries, which are not part of their names.
                        NAMELESS | Value::Text("_modules" | "_parameters") => None,
                        Value::Text(name) => Some(name),
                        _ => continue,
                    };
                    path.extend(name);
                    self.collect(*value, path, depth - 1, found, left);
                    path.truncate(path.len() - usize::from(name.is_some()));
                }
            }
            _ => {}
        }
    }
}
