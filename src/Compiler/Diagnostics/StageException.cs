namespace ModelDsl.Compiler.Diagnostics;

/// <summary>A defect of the compiler itself, with the name of the stage it shows in. Never caused by a user's mistake alone.</summary>
internal sealed class StageException(string stage, Exception inner) : Exception(stage + ": " + inner.Message, inner)
{
    /// <summary>The stage: <c>Checks</c>, <c>Surface</c>, <c>Graph</c>, <c>Differentiation</c>, <c>Fusion</c>, <c>Planning</c>, <c>Emission</c>, ...</summary>
    public string Stage { get; } = stage;

    /// <summary>Runs a stage; whatever it throws, cancellation excepted, comes out with the stage's name.</summary>
    public static TResult Run<TResult>(string stage, Func<TResult> run)
    {
        try
        {
            return run();
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or StageException))
        {
            throw new StageException(stage, exception);
        }
    }

    /// <summary>Runs a stage that only changes what it is given.</summary>
    public static void Run(string stage, Action run) => Run(stage, () =>
    {
        run();
        return true;
    });

    /// <summary>The finding that tells the user: id, stage, kind and text of the exception.</summary>
    public static ModelError Describe(string stage, Exception exception, DeclarationTarget target)
    {
        StageException? named = exception as StageException;
        Exception cause = named?.InnerException ?? exception;
        return new ModelError(
            DiagnosticCatalogue.InternalError.Id,
            target,
            new[] { named?.Stage ?? stage, cause.GetType().Name + ": " + cause.Message.Replace('\r', ' ').Replace('\n', ' ') }.ToEquatableArray());
    }
}
