//! `completions`: what shells and `man` know of the program, made from its own flags.

use std::process::ExitCode;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use clap_complete::Shell;
use clap_mangen::Man;

use super::print::print_bytes;

/// The completions of a shell, or the manual page.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct CompletionsArgs {
    /// The shell, or `man` for the manual page
    #[arg(value_name = "SHELL|man")]
    format: Format,
}

const EXAMPLES: &str = "\
Examples:
  lenet-train completions bash > ~/.local/share/bash-completion/completions/lenet-train
  lenet-train completions zsh > ~/.zfunc/_lenet-train     (a folder of $fpath)
  lenet-train completions fish > ~/.config/fish/completions/lenet-train.fish
  lenet-train completions man > ~/.local/share/man/man1/lenet-train.1";

#[derive(Clone, Copy)]
enum Format {
    Shell(Shell),
    Man,
}

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        use Shell::{Bash, Elvish, Fish, PowerShell, Zsh};
        const ALL: [Format; 6] = [
            Format::Shell(Bash),
            Format::Shell(Elvish),
            Format::Shell(Fish),
            Format::Shell(PowerShell),
            Format::Shell(Zsh),
            Format::Man,
        ];
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::Shell(shell) => shell.to_possible_value(),
            Self::Man => Some(PossibleValue::new("man")),
        }
    }
}

/// Prints what `args` asks for about `program`.
pub(super) fn run(args: &CompletionsArgs, program: &clap::Command) -> anyhow::Result<ExitCode> {
    let mut text = Vec::new();
    match args.format {
        Format::Shell(shell) => {
            clap_complete::generate(shell, &mut program.clone(), program.get_name(), &mut text);
        }
        Format::Man => manual(program, &mut text)?,
    }
    print_bytes(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// One manual page for all commands. The options of `train` are those of the program.
fn manual(program: &clap::Command, page: &mut Vec<u8>) -> std::io::Result<()> {
    let man = Man::new(program.clone());
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    let commands = program.get_subcommands().filter(|command| command.get_name() != "train");
    for command in commands {
        let name = format!("{} {}", program.get_name(), command.get_name());
        let man = Man::new(command.clone().bin_name(&name));
        let mut chapter = Vec::new();
        man.render_description_section(&mut chapter)?;
        man.render_options_section(&mut chapter)?;
        // Headings below the one of the chapter.
        let chapter = String::from_utf8_lossy(&chapter).replace(".SH ", ".SS ");
        page.extend(format!(".SH \"{}\"\n{chapter}", name.to_uppercase()).bytes());
    }
    Ok(())
}
