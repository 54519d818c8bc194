namespace ModelDsl.Threading;

/// <summary>The body of a parallel loop over tiles. A struct, so that starting the loop allocates nothing.</summary>
public interface IParallelBody
{
    /// <summary>Computes one tile. Tiles may run in any order, on any thread; a tile's result must depend on its index alone.</summary>
    /// <param name="tile">The tile's index, from 0.</param>
    /// <param name="worker">The running worker's index, below <see cref="WorkerPool.Threads"/>: for scratch memory of its own, never for results.</param>
    void Run(int tile, int worker);
}
