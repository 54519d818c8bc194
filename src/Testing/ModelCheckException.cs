using System.Globalization;
using System.Runtime.CompilerServices;

namespace ModelDsl;

/// <summary>A check of <see cref="ModelChecks"/> or <see cref="GeneratedCode"/> failed: the message says what, where, with which numbers, and what to do.</summary>
public sealed class ModelCheckException : Exception
{
    internal ModelCheckException(CultureInfo culture, [InterpolatedStringHandlerArgument(nameof(culture))] ref DefaultInterpolatedStringHandler message)
        : base(message.ToStringAndClear()) { }
}
