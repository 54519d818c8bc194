using static TorchSharp.torch;

namespace ModelDsl.TorchReference;

/// <summary>Keys and values of the positions a decoding run has seen, and rotary tables, made once for the whole context.</summary>
internal sealed class TorchCache(int capacity) : IDisposable
{
    private readonly Dictionary<string, (Tensor Key, Tensor Value)> layers = [];
    private readonly Dictionary<(int Rotated, double Theta), TorchRotation> rotations = [];

    /// <summary>Stores new keys and values [batch, heads, time, head width] from <paramref name="start"/> on and returns all up to them.</summary>
    public (Tensor Key, Tensor Value) Append(string path, int start, Tensor key, Tensor value)
    {
        if (!layers.TryGetValue(path, out (Tensor Key, Tensor Value) held))
        {
            long[] shape = [key.shape[0], key.shape[1], capacity, key.shape[3]];
            held = (zeros(shape, key.dtype).DetachFromDisposeScope(), zeros(shape, key.dtype).DetachFromDisposeScope());
            layers.Add(path, held);
        }

        long time = key.shape[2];
        held.Key.narrow(2, start, time).copy_(key);
        held.Value.narrow(2, start, time).copy_(value);
        return (held.Key.narrow(2, 0, start + time), held.Value.narrow(2, 0, start + time));
    }

    /// <summary>The rotation of every position.</summary>
    public TorchRotation Rotation(int rotated, double theta, ScalarType type)
    {
        if (!rotations.TryGetValue((rotated, theta), out TorchRotation table))
        {
            TorchRotation computed = TorchRotation.Of(rotated, theta, 0, capacity, type);
            table = new(computed.Cosine.DetachFromDisposeScope(), computed.Sine.DetachFromDisposeScope());
            rotations.Add((rotated, theta), table);
        }

        return table;
    }

    /// <summary>Frees everything.</summary>
    public void Dispose()
    {
        foreach ((Tensor key, Tensor value) in layers.Values)
        {
            key.Dispose();
            value.Dispose();
        }

        foreach ((Tensor cosine, Tensor sine) in rotations.Values)
        {
            cosine.Dispose();
            sine.Dispose();
        }
    }
}
