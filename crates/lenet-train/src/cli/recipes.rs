//! `recipes`: settings that ship with the program.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::print::{print_line, print_text};

/// A recipe: settings for one purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Recipe {
    /// The highest accuracy in a second
    Fast,
    /// Three epochs
    Default,
    /// The highest accuracy in about a minute
    Best,
    /// No recipe: each flag has the default that --help prints
    None,
}

impl Recipe {
    /// The settings, as a TOML file with a comment.
    pub(super) fn settings(self) -> &'static str {
        match self {
            Self::Fast => include_str!("../../recipes/fast.toml"),
            Self::Default => include_str!("../../recipes/default.toml"),
            Self::Best => include_str!("../../recipes/best.toml"),
            Self::None => "",
        }
    }
}

#[derive(Args)]
pub(super) struct RecipesArgs {
    /// The recipe to print as a file for --config; without it, the recipes are listed
    name: Option<Recipe>,
}

pub(super) fn run(args: &RecipesArgs) -> anyhow::Result<ExitCode> {
    match args.name {
        Some(recipe) => print_text(recipe.settings().trim_end())?,
        None => {
            for recipe in [Recipe::Fast, Recipe::Default, Recipe::Best] {
                let title = recipe.settings().lines().next().unwrap_or_default();
                print_line(title.trim_start_matches("# "))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
