namespace ModelDsl.Programs;

/// <summary>Whoever owns the parameters and constants that programs read.</summary>
internal interface IFrameSource
{
    /// <summary>Points a frame at them.</summary>
    /// <exception cref="ObjectDisposedException">They are gone.</exception>
    void Bind(Frame frame);
}
